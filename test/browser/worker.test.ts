/**
 * A generated module whose programs run in a Web Worker: the same interface, results, errors and
 * progress as on the page's own thread.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unbundled } from "./loading-page.ts";
import { checkpoint } from "./page.ts";
import { serve, type Served } from "./serve.ts";
import { requires } from "../support/require.ts";

const root = join(import.meta.dirname, "../..");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const required = requires("browser");
const weights = `${checkpoint}/model.safetensors`;

describe.skipIf(!existsSync(executablePath) && !required)(
  "in a worker in Chromium (needs /usr/bin/chromium, or CHROMIUM; REQUIRE=browser insists)",
  { timeout: 120_000 },
  () => {
    let browser: Browser;
    const served: Served[] = [];
    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath,
        args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
      });
      for (const isolated of [false, true])
        served.push(await serve(root, { "/": unbundled }, { isolated }));
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      for (const one of served) one.close();
    });

    const { images } = JSON.parse(
      readFileSync(join(root, checkpoint, "expected.json"), "utf8"),
    ) as { images: { file: string; sets: { labels: string[]; probabilities: number[] }[] }[] };
    const {
      file,
      sets: [set],
    } = images[0]!;
    const withPage = async <T>(use: (page: Page) => Promise<T>, isolated = false): Promise<T> => {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await page.goto(served[isolated ? 1 : 0]!.origin);
      await page
        .waitForFunction("window.ready === true", undefined, { timeout: 20_000 })
        .catch(() => expect.fail(errors.join("\n")));
      const result = await use(page);
      expect(errors).toEqual([]);
      await page.close();
      return result;
    };
    const classify = (page: Page, options: object, url = weights): Promise<Record<string, any>> =>
      page.evaluate(
        `window.classify(${JSON.stringify(url)}, ${JSON.stringify(`${checkpoint}/${file}`)}, ` +
          `${JSON.stringify(set!.labels)}, ${JSON.stringify(options)})`,
      );

    it.each([
      ["webgpu", false],
      ["cpu", false],
      ["cpu", true],
    ] as const)("%s classifies as transformers does (isolated: %s)", async (backend, isolated) => {
      await withPage(async (page) => {
        const there = await classify(page, {
          backend,
          worker: true,
          ...(isolated && { threads: 2 }),
        });
        expect(there).toMatchObject({ progress: 1, choices: [{ backend, reason: "asked for" }] });
        expect(there.backend).toMatch(new RegExp(`^${backend}: `));
        expect(await page.evaluate("window.workers")).toBe(1);
        // The bar of the project; probabilities are stored with seven digits.
        set!.labels.forEach((label, i) =>
          expect(
            Math.abs(
              there.scores.find((score: { label: string }) => score.label === label).score -
                set!.probabilities[i]!,
            ),
            label,
          ).toBeLessThan(1e-4),
        );
        const here = await classify(page, { backend });
        expect(there.scores).toEqual(here.scores);
        expect([there.steps, there.pipelines, there.kind, there.tooLarge]).toEqual([
          here.steps,
          here.pipelines,
          here.kind,
          here.tooLarge,
        ]);
      }, isolated);
    });

    it("leaves a software adapter alone when it may choose, and says so", () =>
      withPage(async (page) => {
        const { choices, backend, error } = await classify(page, { worker: true });
        expect([error, choices, backend]).toEqual([
          undefined,
          [{ backend: "cpu", reason: expect.stringMatching(/software/i) }],
          "cpu: WebAssembly",
        ]);
      }));

    it("stops when it is told to, by the caller's own reason", () =>
      withPage(async (page) => {
        for (const backend of ["webgpu", "cpu"])
          expect(await classify(page, { backend, worker: true, abortAfter: 0 })).toMatchObject({
            error: { name: "AbortError", message: "enough" },
          });
      }));

    it(
      "settles when it is told to stop before it began, as StrictMode does, and leaves no " +
        "worker",
      () =>
        withPage(async (page) => {
          for (const backend of ["webgpu", "cpu"]) {
            const settled = await page.evaluate(`(async () => {
      window.workers = 0;
      const abort = new AbortController();
      const loading = window
        .open_("${weights}", { backend: "${backend}", worker: true, signal: abort.signal })
        .catch((error) => error);
      abort.abort(new DOMException("unmounted", "AbortError"));
      const midway = new AbortController();
      const other = window
        .open_("${weights}", { backend: "${backend}", worker: true, signal: midway.signal })
        .catch((error) => error);
      // As soon as there is a worker, and long before it can answer.
      while (window.workers === 0) await new Promise((resolve) => setTimeout(resolve));
      midway.abort(new DOMException("unmounted too", "AbortError"));
      return [(await loading).message, (await other).message, window.workers];
    })()`);
            // Only the second had begun.
            expect(settled).toEqual(["unmounted", "unmounted too", 1]);
            await expect.poll(() => page.workers().length).toBe(0);
          }
        }),
    );

    it("asks for weights in as few requests as the page does", () =>
      withPage(async (page) => {
        const requestsFor = async (worker: boolean): Promise<number> => {
          const { requests } = served[0]!;
          const before = requests.length;
          await classify(page, { backend: "cpu", worker });
          return requests
            .slice(before)
            .filter((request) => request.startsWith(`GET ${weights} bytes=`)).length;
        };
        const here = await requestsFor(false);
        expect(here).toBeGreaterThan(1);
        // Rows of the token table are read as they come, from either side.
        expect(await requestsFor(true)).toBeLessThanOrEqual(here + 1);
      }));

    it("rejects what waits, and what comes, when the worker is terminated", () =>
      withPage(async (page) => {
        const ends = await page.evaluate(`(async () => {
      const { WorkerError } = await import("@sigil/runtime");
      const pixelValues = { data: new Float32Array(3 * 64 * 64).fill(0.5), shape: [1, 3, 64, 64] };
      const start = () => new Worker("/runtime-cpu/dist/worker.js", { type: "module" });
      const failure = (promise) =>
        promise.then(
          () => "nothing was thrown",
          (error) => error instanceof WorkerError && error.message,
        );
      const loader = start();
      const loading = failure(
        window.open_("${weights}", {
          backend: "cpu",
          worker: loader,
          onProgress: () => loader.terminate(),
        }),
      );
      const runner = start();
      const { model } = await window.open_("${weights}", { backend: "cpu", worker: runner });
      const running = Array.from({ length: 20 }, () =>
        failure(model.getImageFeatures({ pixelValues })),
      );
      runner.terminate();
      const outcomes = [
        await loading,
        ...new Set(await Promise.all(running)),
        await failure(model.getImageFeatures({ pixelValues })),
      ];
      await model.dispose();
      return outcomes;
    })()`);
        expect(ends).toEqual(Array(3).fill("the worker has ended"));
      }));

    it("throws errors of the same class and code", () =>
      withPage(async (page) => {
        const refused = await page.evaluate(`(async () => {
      const { WebGpuError } = await import("@sigil/runtime-webgpu");
      const { DisposedError, InputError } = await import("@sigil/runtime");
      const adapterOnly = await window
        .open_("${weights}", { backend: "webgpu", worker: true, refuseSoftware: true })
        .catch((error) => error);
      const device = await window
        .open_("${weights}", { backend: "webgpu", worker: true, gpu: navigator.gpu })
        .catch((error) => error);
      const { model } = await window.open_("${weights}", { backend: "cpu", worker: true });
      const program = model.session.plan.programs.find(({ inputs }) =>
        inputs.some(({ name }) => name === "pixel_values"),
      );
      const input = await (await model.session.load(program))
        .run({ pixel_values: new Float32Array(3) }, { image_batch: 1 })
        .catch((error) => error);
      await model.dispose();
      const after = await model.session
        .run(
          program,
          { pixel_values: { data: new Float32Array(3 * 64 * 64), shape: [1, 3, 64, 64] } },
          { image_batch: 1 },
        )
        .catch((error) => error);
      return [
        adapterOnly instanceof WebGpuError,
        adapterOnly.code,
        device.message,
        input instanceof InputError,
        input.message,
        after instanceof DisposedError,
      ];
    })()`);
        expect(refused).toEqual([
          true,
          "no-adapter",
          expect.stringMatching(/^gpu: it belongs to the thread/),
          true,
          expect.stringMatching(/pixel_values must hold 12288 elements/),
          true,
        ]);
      }));

    it("runs from its text where a bundler left its script behind", () =>
      withPage(async (page) => {
        await page.route("**/dist/{worker,thread-entry}.js", (route) =>
          // As development servers answer for what they do not know.
          route.fulfill({ contentType: "text/html", body: "<!doctype html>" }),
        );
        const ran = await page.evaluate(`(async () => {
      const pixelValues = { data: new Float32Array(3 * 64 * 64).fill(0.5), shape: [1, 3, 64, 64] };
      const runs = [];
      for (const options of [{ threads: 1 }, { threads: 2 }, { worker: true, threads: 2 }]) {
        const { model } = await window.open_("${weights}", { backend: "cpu", ...options });
        runs.push((await model.getImageFeatures({ pixelValues })).data);
        await model.dispose();
      }
      return [crossOriginIsolated, ...runs.map((run) => run.every((x, i) => x === runs[0][i]))];
    })()`);
        expect(ran).toEqual([true, true, true, true]);
      }, true));

    it("says so when its script fails", () =>
      withPage(async (page) => {
        await page.route("**/runtime-cpu/dist/worker.js", (route) =>
          route.fulfill({ contentType: "text/javascript", body: "throw new Error('no good')" }),
        );
        const failed = await page.evaluate(`(async () => {
      addEventListener("error", (event) => event.preventDefault());
      const error = await window
        .open_("${weights}", { backend: "cpu", worker: true })
        .catch((error) => error);
      return [error.name, error.message];
    })()`);
        expect(failed).toEqual([
          "WorkerError",
          expect.stringMatching(/the worker failed: .*no good/),
        ]);
      }));

    it("may be the caller's, serve several sessions, and outlive them", () =>
      withPage(async (page) => {
        const served = await page.evaluate(`(async () => {
      const worker = new Worker("/runtime-cpu/dist/worker.js", { type: "module" });
      const open = () => window.open_("${weights}", { backend: "cpu", worker });
      const [first, second] = await Promise.all([open(), open()]);
      await first.model.dispose();
      const pixelValues = { data: new Float32Array(3 * 64 * 64).fill(0.5), shape: [1, 3, 64, 64] };
      const { data } = await second.model.getImageFeatures({ pixelValues });
      await second.model.dispose();
      const third = await open();
      const again = await third.model.getImageFeatures({ pixelValues });
      return [
        data.length,
        data.every((x, i) => x === again.data[i]),
        pixelValues.data.length,
        window.workers,
      ];
    })()`);
        expect(served).toEqual([128, true, 3 * 64 * 64, 1]);
      }));

    it("survives the loss of the worker's device, and tells of it", () =>
      withPage(async (page) => {
        const survived = await page.evaluate(`(async () => {
      const { WebGpuError } = await import("@sigil/runtime-webgpu");
      const source = \`import "\${location.origin}/runtime-webgpu/dist/worker.js";
        const { requestDevice } = GPUAdapter.prototype;
        GPUAdapter.prototype.requestDevice = async function (...options) {
          const device = await requestDevice.apply(this, options);
          new BroadcastChannel("lose").onmessage = () => device.destroy();
          return device;
        };\`;
      const blob = new Blob([source], { type: "text/javascript" });
      const worker = new Worker(URL.createObjectURL(blob), { type: "module" });
      const told = [];
      const { model } = await window.open_("${weights}", {
        backend: "webgpu",
        worker,
        onDeviceLost: (error) => told.push([error instanceof WebGpuError, error.code]),
      });
      const data = Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => Math.sin(i));
      const pixelValues = { data, shape: [1, 3, 64, 64] };
      const before = await model.getImageFeatures({ pixelValues });
      new BroadcastChannel("lose").postMessage("now");
      while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      const after = await model.getImageFeatures({ pixelValues });
      const { kind } = await model.session.adapter();
      await model.dispose();
      return [told, before.data.every((x, i) => x === after.data[i]), kind];
    })()`);
        expect(survived).toEqual([[[true, "device-lost"]], true, "software"]);
      }));
  },
);
