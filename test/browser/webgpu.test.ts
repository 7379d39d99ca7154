/**
 * The generated module on WebGPU in a real browser, by the software adapter that Chromium brings.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkpoint, page } from "./page.ts";
import { serve, type Served } from "./serve.ts";
import { requires } from "../support/require.ts";

const root = join(import.meta.dirname, "../..");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const required = requires("browser");

interface Result {
  readonly scores: { readonly label: string; readonly score: number }[];
  readonly progress: number;
  readonly choices: { readonly backend: string; readonly reason: string }[];
  readonly devices: number;
}

describe.skipIf(!existsSync(executablePath) && !required)(
  "WebGPU in Chromium (needs /usr/bin/chromium, or CHROMIUM; REQUIRE=browser insists)",
  { timeout: 120_000 },
  () => {
    let browser: Browser;
    let served: Served;
    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath,
        args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
      });
      served = await serve(root, { "/": page }, { isolated: false });
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      served?.close();
    });

    const classify = async (
      options: object,
      lose: boolean,
      pictures: number,
    ): Promise<Result[]> => {
      const tab = await browser.newPage();
      const errors: string[] = [];
      tab.on("pageerror", (error) => errors.push(String(error)));
      tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await tab.goto(served.origin);
      await tab
        .waitForFunction("window.ready === true", undefined, { timeout: 20_000 })
        .catch(() => expect.fail(errors.join("\n")));
      const results: Result[] = [];
      for (const { file, sets } of expected.images.slice(0, pictures)) {
        const { labels, probabilities } = sets[0]!;
        const result = (await tab.evaluate(
          `window.classify(${JSON.stringify(`${checkpoint}/${file}`)}, ` +
            `${JSON.stringify(labels)}, ${JSON.stringify(options)}, ${lose})`,
        )) as Result;
        // The bar of the project; probabilities are stored with seven digits.
        labels.forEach((label, i) =>
          expect(
            Math.abs(
              result.scores.find((score) => score.label === label)!.score - probabilities[i]!,
            ),
            `${file} ${label}`,
          ).toBeLessThan(1e-4),
        );
        results.push(result);
      }
      expect(errors).toEqual([]);
      await tab.close();
      return results;
    };

    const expected = JSON.parse(readFileSync(join(root, checkpoint, "expected.json"), "utf8")) as {
      images: { file: string; sets: { labels: string[]; probabilities: number[] }[] }[];
    };

    it("classifies as transformers does", async () => {
      for (const result of await classify({ backend: "webgpu" }, false, 3))
        expect(result).toMatchObject({
          progress: 1,
          devices: 1,
          choices: [{ backend: "webgpu", reason: "asked for" }],
        });
    });
    it("survives a lost device: another one, the weights again", async () => {
      for (const result of await classify({ backend: "webgpu" }, true, 1))
        expect(result).toMatchObject({ devices: 2 });
    });
    it("leaves a software adapter alone when it may choose, and says so", async () => {
      for (const { choices } of await classify({}, false, 1))
        expect(choices).toEqual([{ backend: "cpu", reason: expect.stringMatching(/software/i) }]);
    });
  },
);
