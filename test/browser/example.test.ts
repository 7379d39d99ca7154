/**
 * The example app as it is built, driven as a person would: on the CPU and on WebGPU, by keyboard,
 * without WebGPU, with a lost device, from its cache.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { serveExample, type ServedExample } from "./serve-example.ts";
import { requires } from "../support/require.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "test/fixtures/checkpoints/siglip-shapes");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const required = requires("browser");
const args = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];
const { images } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
  images: { file: string; sets: { labels: string[]; probabilities: number[] }[] }[];
};

describe.skipIf(!existsSync(executablePath) && !required)(
  "the example in Chromium (needs /usr/bin/chromium, or CHROMIUM; REQUIRE=browser insists)",
  { timeout: 120_000 },
  () => {
    let browser: Browser;
    let served: ServedExample;
    let context: BrowserContext | undefined;
    let errors: string[] = [];
    beforeAll(async () => {
      await build({ configFile: join(root, "examples/browser/vite.config.ts"), logLevel: "error" });
      served = await serveExample();
      browser = await chromium.launch({ executablePath, args });
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      await served?.close();
    });
    afterEach(async () => {
      await context?.close();
      context = undefined;
    });

    const open = async (
      query = "",
      options: BrowserContextOptions = {},
      prepare?: (tab: Page) => Promise<unknown>,
    ): Promise<Page> => {
      context ??= await browser.newContext(options);
      const tab = await context.newPage();
      errors = [];
      tab.on("pageerror", (error) => errors.push(String(error)));
      tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await prepare?.(tab);
      await tab.goto(`${served.origin}/${query}`);
      return tab;
    };
    const settled = (tab: Page): Promise<unknown> =>
      tab
        .waitForSelector("#engine[aria-busy=false]", { timeout: 60_000 })
        .then(() => tab.waitForSelector("#labels li[data-score]"))
        .catch((error: unknown) => expect.fail(`${String(error)}\n${errors.join("\n")}`));
    const choose = (tab: Page, picture: string): Promise<void> =>
      tab.click(`#gallery label:has(img[alt="${picture}"])`);
    const summary = (tab: Page): Promise<string> => tab.innerText("#engine-summary");

    /**
     * Waits until the page shows transformers' probabilities of a sample for the labels that it
     * begins with.
     */
    const expectScores = async (tab: Page, file: string): Promise<void> => {
      const { labels, probabilities } = images.find((image) => image.file.endsWith(`${file}.png`))!
        .sets[0]!;
      // The bar of the project; probabilities are stored with seven digits.
      await expect
        .poll(
          () =>
            tab.$$eval("#labels li", (rows) =>
              rows.map(
                (row) => [row.querySelector("input")!.value, Number(row.dataset.score)] as const,
              ),
            ),
          { timeout: 30_000, message: file },
        )
        .toEqual(labels.map((label, i) => [label, expect.closeTo(probabilities[i]!, 4)]));
    };
    const known = (tab: Page): Promise<string[]> =>
      tab.$$eval("#stages tr[data-kept]", (rows) =>
        rows.map((row) => (row as HTMLElement).dataset.stage!),
      );

    for (const backend of ["cpu", "webgpu"])
      it(`classifies every sample as transformers does: ${backend}`, async () => {
        const tab = await open(`?backend=${backend}`);
        await settled(tab);
        expect(await summary(tab)).toMatch(
          backend === "cpu" ? /the CPU/ : /WebGPU: .*swiftshader/i,
        );
        for (const { file } of images) {
          const name = file.slice("samples/".length, -".png".length);
          await choose(tab, name.replaceAll("-", " "));
          await expectScores(tab, name);
        }
        // Pictures are read and the model runs beside the page, not in it.
        for (const script of [/assets\/prepare-worker-/, /assets\/worker-(?!web)/])
          expect(
            tab
              .workers()
              .map((worker) => worker.url())
              .filter((url) => script.test(url)),
            String(script),
          ).toHaveLength(1);
        expect(errors).toEqual([]);
      });

    it("embeds labels and pictures once", async () => {
      const tab = await open("?backend=cpu");
      await settled(tab);
      await tab.fill("#labels li:first-child input", "a red disc");
      await expect.poll(() => known(tab)).toEqual(["decode", "resize", "vision"]);
      await choose(tab, "pink heart");
      await expect.poll(() => known(tab)).toEqual(["tokenise", "text"]);
      // A label from before: nothing but the scores.
      await tab.fill("#labels li:first-child input", "a red circle");
      await expect
        .poll(() => known(tab))
        .toEqual(["decode", "resize", "tokenise", "vision", "text"]);
      await expectScores(tab, "pink-heart");
    });

    it("leaves a software adapter alone when it may choose, says why, and switches", async () => {
      const tab = await open();
      await settled(tab);
      expect(await summary(tab)).toMatch(/the CPU/);
      expect(await tab.innerText("#engine-reason")).toMatch(/software one, which is slower/);
      await tab.check("input[value=webgpu]", { force: true });
      await expect.poll(() => summary(tab), { timeout: 60_000 }).toMatch(/WebGPU: .*swiftshader/i);
      await settled(tab);
      await choose(tab, "yellow star");
      await expectScores(tab, "yellow-star");
      expect(new URL(tab.url()).searchParams.get("backend")).toBe("webgpu");
      await tab.check("input[value=cpu]", { force: true });
      await expect.poll(() => summary(tab), { timeout: 60_000 }).toMatch(/the CPU/);
      expect(errors).toEqual([]);
    });

    it("survives a lost device", async () => {
      const tab = await open("?backend=webgpu");
      await settled(tab);
      const lose = () =>
        Promise.any(
          tab.workers().map((worker) =>
            worker.evaluate(async () => {
              const device = (globalThis as unknown as { devices: GPUDevice[] }).devices.at(-1)!;
              device.destroy();
              await device.lost;
            }),
          ),
        );
      await lose();
      await tab.waitForSelector(".notice[data-subject=device]");
      await choose(tab, "black ring");
      await expectScores(tab, "black-ring");
      expect(await tab.$$(".notice[data-kind=error]")).toEqual([]);
    });

    it("reloads from its cache without touching the network", async () => {
      const tab = await open("?backend=cpu");
      await settled(tab);
      expect(
        served.requests.filter((request) => request.includes("model.safetensors")).length,
      ).toBeGreaterThan(0);
      served.requests.length = 0;
      served.hide("/checkpoints/siglip-shapes/", (file) => !file.startsWith("samples/"));
      try {
        await tab.reload();
        await settled(tab);
        await expectScores(tab, "red-circle");
        expect(
          served.requests.filter((request) => /checkpoints\/(?!.*samples)/.test(request)),
        ).toEqual([]);
        await tab.click("#forget");
        await tab.waitForSelector("#forget", { state: "hidden" });
        await tab.reload();
        await tab.waitForSelector(".notice[data-subject=checkpoint]");
      } finally {
        served.hide();
      }
    });

    it("explains a missing WebGPU, and runs on without it", async () => {
      const tab = await open("", {}, (page) =>
        page.addInitScript("delete Navigator.prototype.gpu"),
      );
      await settled(tab);
      await expectScores(tab, "red-circle");
      expect(await tab.innerText("#engine-reason")).toMatch(/this browser offers no WebGPU/);
      served.withoutGpu = true;
      try {
        await tab.check("input[value=webgpu]", { force: true });
        await tab.waitForSelector(".notice[data-subject=backend][role=alert]");
      } finally {
        served.withoutGpu = false;
      }
      expect(await tab.innerText(".notice-title")).toBe("WebGPU cannot be used here");
      // The choice goes back to what is running.
      expect(await tab.isChecked("input[value=auto]")).toBe(true);
      expect(await summary(tab)).toMatch(/the CPU/);
    });

    it("works by keyboard", async () => {
      const tab = await open("?backend=cpu");
      await settled(tab);
      await tab.focus("#gallery input:checked");
      await tab.keyboard.press("ArrowRight");
      await expectScores(tab, "blue-square");
      await tab.focus("#labels li:nth-child(2) input");
      await tab.keyboard.press("Enter");
      await tab.keyboard.type("a yellow background");
      const row = "#labels li:nth-child(3)";
      await expect
        .poll(() => tab.getAttribute(row, "data-score").then(Number))
        .toBeCloseTo(
          images.find(({ file }) => file.includes("blue-square"))!.sets[1]!.probabilities[1]!,
          4,
        );
      expect(await tab.getAttribute(`${row} .meter`, "aria-label")).toBe(
        "Probability of a yellow background",
      );
      expect(await tab.getAttribute(`${row} .meter`, "aria-valuenow")).toBe("20.8");
      await tab.keyboard.press("ControlOrMeta+a");
      await tab.keyboard.press("Backspace");
      await tab.keyboard.press("Backspace");
      expect(await tab.$$("#labels li")).toHaveLength(8);
      expect(await tab.evaluate("document.activeElement.value")).toBe("a blue square");
      await tab.keyboard.press("ArrowDown");
      expect(await tab.evaluate("document.activeElement.value")).toBe("a green triangle");
      await expect.poll(() => tab.innerText("#result")).toBe("Best: a blue square, 84.0%");
    });

    it("classifies frames of a camera by the vision tower alone, then the picture", async () => {
      const tab = await open("?backend=cpu");
      await settled(tab);
      await tab.click("#camera");
      await tab.waitForSelector("#total-name:has-text('pictures a second')");
      expect(await known(tab)).toEqual(["tokenise", "text"]);
      await tab.click("#camera");
      await expectScores(tab, "red-circle");
      expect(await tab.$eval("#live", (video) => (video as HTMLVideoElement).srcObject)).toBeNull();
    });

    it("says what to do when the camera is refused", async () => {
      const tab = await open("?backend=cpu", {}, (page) =>
        page.addInitScript(
          "navigator.mediaDevices.getUserMedia = async () => { throw new " +
            "DOMException('Permission denied', 'NotAllowedError') }",
        ),
      );
      await settled(tab);
      await tab.click("#camera");
      expect(await tab.innerText(".notice[role=alert] .notice-title")).toBe(
        "The camera was not allowed",
      );
      expect(await tab.getAttribute("#camera", "aria-pressed")).toBe("false");
    });

    it("opens a checkpoint's files, and says how to compile another architecture", async () => {
      const tab = await open("?backend=cpu");
      await settled(tab);
      const file = (name: string) => join(folder, name);
      await tab.setInputFiles(
        "#checkpoint-files",
        [
          "config.json",
          "model.safetensors",
          "preprocessor_config.json",
          "tokenizer_config.json",
          "spiece.model",
        ].map(file),
      );
      await expect
        .poll(() => tab.innerText("#facts"), { timeout: 30_000 })
        .toMatch(/files of this device/);
      await expectScores(tab, "red-circle");

      const config = JSON.parse(readFileSync(file("config.json"), "utf8")) as {
        vision_config: object;
      };
      const other = {
        ...config,
        vision_config: { ...config.vision_config, num_attention_heads: 8 },
      };
      await tab.setInputFiles("#checkpoint-files", [
        {
          name: "config.json",
          mimeType: "application/json",
          buffer: Buffer.from(JSON.stringify(other)),
        },
      ]);
      // Heads show in no shape of a tensor.
      expect(await tab.innerText(".notice[data-subject=checkpoint]")).toMatch(
        /vision_config.num_attention_heads: compiled for 4, the checkpoint has 8/,
      );
      expect(await tab.innerText(".notice .command code")).toMatch(
        /^npx sigil compile .* --target cpu webgpu --out /,
      );
      // What ran goes on running.
      await choose(tab, "orange cross");
      await expectScores(tab, "orange-cross");

      await tab.setInputFiles("#checkpoint-files", [file("config.json"), file("spiece.model")]);
      expect(await tab.innerText(".notice[data-subject=checkpoint]")).toMatch(
        /model.safetensors \(or model.safetensors.index.json\) is missing/,
      );
    });

    it("takes pictures from files, and says which is none", async () => {
      const tab = await open("?backend=cpu");
      await settled(tab);
      await tab.setInputFiles("#picture-files", [
        { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("no picture") },
      ]);
      await tab.waitForSelector(".notice[role=alert] >> text=notes.png cannot be read");
      await tab.setInputFiles("#picture-files", [join(folder, "samples/purple-diamond.png")]);
      await expectScores(tab, "purple-diamond");
      expect(await tab.$$("#gallery label")).toHaveLength(9);
      expect(await tab.$$(".notice")).toEqual([]);
    });

    it.each([
      [
        "cannot be read",
        "(resolve, reject) => reject(new DOMException('it may not be read', 'NotReadableError'))",
        /it may not be read/,
      ],
      ["is empty", "(resolve) => resolve([])", /no files right inside it/],
    ])("says so when a dropped folder %s, and runs on", async (_, readEntries, reason) => {
      const tab = await open("?backend=cpu");
      await settled(tab);
      // No script can drop a folder, so one that a script made up is dropped.
      await tab.evaluate(`DataTransferItem.prototype.webkitGetAsEntry = () => ({
        isDirectory: true,
        name: "holidays",
        createReader: () => ({ readEntries: ${readEntries} }),
      });
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([], "holidays"));
      dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));`);
      await tab.waitForSelector(".notice[role=alert] >> text=The folder holidays gives no files");
      expect(await tab.textContent(".notice[data-subject=drop] details")).toMatch(reason);
      await expectScores(tab, "red-circle");
      expect(errors).toEqual([]);
    });

    it.each([360, 1280])(
      "fits a screen of %i pixels, with a name for every control",
      async (width) => {
        const tab = await open("?backend=cpu", { viewport: { width, height: 740 } });
        await settled(tab);
        expect(await tab.evaluate("document.documentElement.scrollWidth")).toBe(width);
        const unnamed = await tab.$$eval("button, input:not([hidden])", (controls) =>
          controls
            .filter(
              (control) =>
                !control.getAttribute("aria-label") &&
                !control.textContent?.trim() &&
                !(control as HTMLInputElement).labels?.length,
            )
            .map((control) => control.outerHTML),
        );
        expect(unnamed).toEqual([]);
      },
    );
  },
);
