/**
 * The packages as bundlers take them: a page built by Vite and one by webpack, each with both
 * backends, here and in workers, from kept weights.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import { build as vite, createServer } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import webpack from "webpack";
import { script } from "./loading-page.ts";
import { checkpoint } from "./page.ts";
import { serve, type Served } from "./serve.ts";
import { requires } from "../support/require.ts";

const root = join(import.meta.dirname, "../..");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const required = requires("browser");
const html = (entry: string, kind: string): string =>
  `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script ${kind} ` +
  `src="${entry}"></script>`;

/**
 * Each builds `main.js` of a folder, or serves it unbuilt, and gives the page's path in it;
 * `origin` where that is not the tests' own server.
 */
const bundlers: Readonly<
  Record<
    string,
    (
      folder: string,
    ) => Promise<{ readonly path: string; readonly origin?: string; close?(): Promise<void> }>
  >
> = {
  async Vite(folder) {
    writeFileSync(join(folder, "index.html"), html("./main.js", 'type="module"'));
    await vite({
      root: folder,
      base: "./",
      configFile: false,
      logLevel: "error",
      build: { outDir: "out", target: "es2022" },
    });
    return { path: "out/index.html" };
  },
  async "Vite's development server"(folder) {
    writeFileSync(join(folder, "index.html"), html("./main.js", 'type="module"'));
    const server = await createServer({
      root,
      configFile: false,
      logLevel: "error",
      cacheDir: join(folder, "cache"),
      server: {
        port: 0,
        host: "127.0.0.1",
        headers: {
          "cross-origin-opener-policy": "same-origin",
          "cross-origin-embedder-policy": "require-corp",
        },
      },
      optimizeDeps: { noDiscovery: true },
    });
    await server.listen();
    return {
      path: "index.html",
      origin: `http://127.0.0.1:${(server.httpServer!.address() as AddressInfo).port}`,
      close: () => server.close(),
    };
  },
  async webpack(folder) {
    const stats = await new Promise<webpack.Stats>((resolve, reject) => {
      webpack(
        {
          mode: "production",
          context: folder,
          entry: "./main.js",
          output: { path: join(folder, "out") },
        },
        (error, result) => (error ? reject(error) : resolve(result!)),
      );
    });
    expect(stats.toJson({ errors: true }).errors).toEqual([]);
    writeFileSync(join(folder, "out/index.html"), html("main.js", "defer"));
    return { path: "out/index.html" };
  },
};

describe.skipIf(!existsSync(executablePath) && !required)(
  "built pages in Chromium (needs /usr/bin/chromium, or CHROMIUM; REQUIRE=browser insists)",
  { timeout: 240_000 },
  () => {
    let browser: Browser;
    let served: Served;
    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath,
        args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
      });
      served = await serve(root, {}, { isolated: true });
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      served?.close();
    });

    const { images } = JSON.parse(
      readFileSync(join(root, checkpoint, "expected.json"), "utf8"),
    ) as { images: { file: string; sets: { labels: string[]; probabilities: number[] }[] }[] };
    const {
      file,
      sets: [set],
    } = images[0]!;

    it.each(Object.keys(bundlers))("by %s classify as transformers does", async (name) => {
      // Inside the repository, so that the workspace's packages resolve.
      mkdirSync(join(root, "build"), { recursive: true });
      const folder = mkdtempSync(join(root, "build/page-"));
      try {
        writeFileSync(join(folder, "main.js"), script("../../generated/siglip-shapes/index.js"));
        const { path, origin = served.origin, close } = await bundlers[name]!(folder);
        const page = await browser.newPage();
        const errors: string[] = [];
        page.on("pageerror", (error) => errors.push(String(error)));
        page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
        await page.goto(`${origin}/build/${basename(folder)}/${path}`);
        await page
          .waitForFunction("window.ready === true", undefined, { timeout: 20_000 })
          .catch(() => expect.fail(errors.join("\n")));
        for (const options of [
          { backend: "webgpu" },
          { backend: "webgpu", worker: true },
          { backend: "cpu", threads: 2 },
          { backend: "cpu", worker: true, threads: 2 },
        ]) {
          const result = (await page.evaluate(
            `window.classify("${checkpoint}/model.safetensors", ` +
              `${JSON.stringify(`${checkpoint}/${file}`)}, ${JSON.stringify(set!.labels)}, ` +
              `${JSON.stringify({ ...options, cached: true })})`,
          )) as Record<string, any>;
          expect([options, result.error, result.warnings]).toEqual([options, undefined, []]);
          // The bar of the project; probabilities are stored with seven digits.
          set!.labels.forEach((label, i) =>
            expect(
              Math.abs(
                result.scores.find((score: { label: string }) => score.label === label).score -
                  set!.probabilities[i]!,
              ),
              label,
            ).toBeLessThan(1e-4),
          );
        }
        expect(await page.evaluate("window.workers")).toBeGreaterThan(2);
        expect(errors).toEqual([]);
        await page.close();
        await close?.();
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  },
);
