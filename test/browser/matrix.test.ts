/** Pictures of every kind, decoded in Chromium, against Pillow. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectPillows, pictureCases } from "../support/pictures.ts";
import { serve, type Served } from "./serve.ts";

const root = join(import.meta.dirname, "../..");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const required = (process.env.REQUIRE ?? "").split(",").includes("browser");

const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="importmap">{"imports": {"@sigil/spec/shared": "/spec/dist/shared.js", "@sigil/runtime": "/runtime/dist/index.js"}}</script>
<script type="module">
  import { decodeImageBlob } from "@sigil/runtime";
  window.decode = async (url, options) => {
    try {
      const { data, ...picture } = await decodeImageBlob(await (await fetch(url)).blob(), options);
      return { ...picture, data: Array.from(data) };
    } catch ({ name, message }) {
      return { error: name, message };
    }
  };
  window.ready = true;
</script>`;

type Answer = Partial<{
  readonly width: number;
  readonly height: number;
  readonly mode: string;
  readonly data: readonly number[];
  readonly error: string;
  readonly message: string;
}>;

/** As in Node; Chromium also converts JPEGs of inks itself, and rounds otherwise. */
const levels = (file: string): number =>
  file === "avif-rgb-420.avif" ? 64 : /\.avif$|^jpeg.*(cmyk|ycck)/.test(file) ? 1 : 0;

describe.skipIf(!existsSync(executablePath) && !required)(
  "decodeImageBlob on every kind of picture (needs /usr/bin/chromium, or CHROMIUM; REQUIRE=browser insists)",
  { timeout: 60_000 },
  () => {
    let browser: Browser;
    let served: Served;
    let decode: (file: string, before?: string) => Promise<Answer>;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
      served = await serve(root, { "/": page }, { isolated: false });
      const tab = await browser.newPage();
      await tab.goto(served.origin);
      await tab.waitForFunction("window.ready === true", undefined, { timeout: 20_000 });
      decode = (file, options = "{}") =>
        tab.evaluate(`window.decode("/test/fixtures/pictures/source/${file}", ${options})`);
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      served?.close();
    });

    for (const answer of pictureCases)
      it(answer.file, async () => {
        const { data, error, message, width, height, mode } = await decode(answer.file);
        // Browsers have no decoder of TIFF.
        if (answer.refused !== undefined || answer.file.endsWith(".tif"))
          expect(error).toBe("ImageError");
        else {
          expect(message).toBeUndefined();
          expect(mode).toBe("RGB");
          expectPillows(
            { data: Uint8Array.from(data!), width: width!, height: height! },
            answer,
            levels(answer.file),
          );
        }
      });
  },
);
