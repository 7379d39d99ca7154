/**
 * The generated module in a real browser: weights by URL, decoding, resizing, tokenizing and
 * running, on one thread and on two.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { checkpoint, page } from "./page.ts";
import { serve, type Served } from "./serve.ts";
import { requires } from "../support/require.ts";

const root = join(import.meta.dirname, "../..");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const required = requires("browser");
interface Result {
  readonly scores: { readonly label: string; readonly score: number }[];
  readonly progress: number;
  readonly threads: number;
  readonly isolated: boolean;
}

describe.skipIf(!existsSync(executablePath) && !required)(
  "in Chromium (needs /usr/bin/chromium, or CHROMIUM; REQUIRE=browser insists)",
  () => {
    let browser: Browser;
    const served: Served[] = [];
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
      for (const isolated of [true, false])
        served.push(await serve(root, { "/": page }, { isolated }));
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      for (const one of served) one.close();
    });

    const open = async (isolated: boolean) => {
      const tab = await browser.newPage();
      const errors: string[] = [];
      tab.on("pageerror", (error) => errors.push(String(error)));
      tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await tab.goto(served[isolated ? 0 : 1]!.origin);
      await tab
        .waitForFunction("window.ready === true", undefined, { timeout: 20_000 })
        .catch(() => expect.fail(errors.join("\n")));
      return { tab, errors };
    };

    const expected = JSON.parse(readFileSync(join(root, checkpoint, "expected.json"), "utf8")) as {
      images: { file: string; sets: { labels: string[]; probabilities: number[] }[] }[];
    };
    for (const [isolated, threads] of [
      [true, 2],
      [true, 1],
      [false, undefined],
    ] as const)
      it("classifies as transformers does, " +
        `${isolated ? `isolated, ${threads} threads` : "not isolated, so on one thread"}`, {
        timeout: 60_000,
      }, async () => {
        const { tab, errors } = await open(isolated);
        for (const { file, sets } of expected.images.slice(0, 3)) {
          const { labels, probabilities } = sets[0]!;
          const result = (await tab.evaluate(
            `window.classify(${JSON.stringify(`${checkpoint}/${file}`)}, ` +
              `${JSON.stringify(labels)}, ` +
              `${JSON.stringify({ backend: "cpu", ...(threads && { threads }) })})`,
          )) as Result;
          expect(result).toMatchObject({ progress: 1, isolated, threads: threads ?? 1 });
          // The bar of the project; probabilities are stored with seven digits.
          labels.forEach((label, i) =>
            expect(
              Math.abs(
                result.scores.find((score) => score.label === label)!.score - probabilities[i]!,
              ),
              `${file} ${label}`,
            ).toBeLessThan(1e-4),
          );
        }
        expect(errors).toEqual([]);
        await tab.close();
      });

    it("reads weights by byte ranges", () => {
      expect(
        served[0]!.requests.filter((request) => request.includes("model.safetensors bytes="))
          .length,
      ).toBeGreaterThan(10);
    });

    it("decodes and resizes bit for bit as Pillow", { timeout: 60_000 }, async () => {
      const { tab } = await open(true);
      const pictures = JSON.parse(readFileSync(join(fixtures, "images/images.json"), "utf8")) as {
        file: string;
        resized: { height: number; width: number; resample: number; pil_uint8_sha256: string }[];
      }[];
      // JPEG decoders differ by a level or two; a canvas cannot hold the colour of transparent
      // pixels or sixteen bits.
      for (const { file, resized } of pictures.filter(({ file }) =>
        /^(png-(scene|noise|gray\.|palette|1bit|1x1)|webp)/.test(file),
      ))
        for (const { height, width, resample, pil_uint8_sha256 } of resized)
          expect(
            await tab.evaluate(
              `window.resized("/test/fixtures/images/source/${file}", ${height}, ${width}, ` +
                `"${resample === 3 ? "bicubic" : "bilinear"}")`,
            ),
            `${file} ${height}x${width}`,
          ).toBe(pil_uint8_sha256);
      await tab.close();
    });
  },
);
