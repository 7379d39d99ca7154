/** Pictures of every kind, decoded in Chromium, against Pillow. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importMap } from "./import-map.ts";
import { bombs } from "../support/picture-bombs.ts";
import { expectPillows, pictureCases } from "../support/pictures.ts";
import { serve, type Served } from "./serve.ts";
import { requires } from "../support/require.ts";

const root = join(import.meta.dirname, "../..");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const required = requires("browser");

const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
${importMap}
<script type="module">
  import { decodeImageBlob, SiglipImageProcessor } from "@sigil/runtime";
  window.decode = async (url, options) => {
    try {
      const { data, ...picture } = await decodeImageBlob(await (await fetch(url)).blob(), options);
      return { ...picture, data: Array.from(data) };
    } catch ({ name, message }) {
      return { error: name, message };
    }
  };
  window.decodeText = async (content, options) => {
    try {
      const bytes = Uint8Array.from(content, (c) => c.charCodeAt(0));
      return await decodeImageBlob(new Blob([bytes], { type: "image/png" }), options);
    } catch ({ name, message }) {
      return { error: name, message };
    }
  };
  window.preprocess = async (url, config) => {
    const picture = await decodeImageBlob(await (await fetch(url)).blob());
    return SiglipImageProcessor.fromConfig(config).preprocess([picture]).shape;
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
  "decodeImageBlob on every kind of picture (needs /usr/bin/chromium, or CHROMIUM; " +
    "REQUIRE=browser insists)",
  { timeout: 60_000 },
  () => {
    let browser: Browser;
    let served: Served;
    let tab: Page;
    const url = (file: string): string => JSON.stringify(`/test/fixtures/pictures/source/${file}`);
    const decode = (file: string, options = {}): Promise<Answer> =>
      tab.evaluate(`window.decode(${url(file)}, ${JSON.stringify(options)})`);
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
      served = await serve(root, { "/": page }, { isolated: false });
      tab = await browser.newPage();
      await tab.goto(served.origin);
      await tab.waitForFunction("window.ready === true", undefined, { timeout: 20_000 });
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

    it("turns no picture where exif is off", async () => {
      for (const kind of ["png", "jpeg", "webp"]) {
        const file = `${kind}-exif-6.${kind === "jpeg" ? "jpg" : kind}`;
        const stored = await decode(file, { exif: false });
        expect([stored.width, stored.height], file).toEqual([21, 13]);
        const upright = await decode(file);
        expect([upright.width, upright.height], file).toEqual([13, 21]);
      }
    });

    it("decodes what do_convert_rgb of published checkpoints leaves as it is", async () => {
      for (const file of ["jpeg-rgb.jpg", "webp-rgba-lossy.webp", "png-palette-8.png"])
        expect(
          await tab.evaluate(
            `window.preprocess(${url(file)}, { do_convert_rgb: null, size: { height: 8, ` +
              "width: 8 } })",
          ),
        ).toEqual([1, 3, 8, 8]);
    });

    it("decodes without WebCodecs, and without colours under transparent pixels then", async () => {
      const before = "const { ImageDecoder: kept } = window; delete window.ImageDecoder;";
      const file = "webp-rgba-exact.webp";
      const { data, message } = (await tab.evaluate(
        `(async () => { ${before} try { return await window.decode(${url(file)}); } finally ` +
          "{ window.ImageDecoder = kept; } })()",
      )) as Answer;
      expect(message).toBeUndefined();
      expect(data!.slice(0, 3)).toEqual([0, 0, 0]);
      const whole = await decode(file);
      // The last row has some opaque pixels; they are the same.
      expect(whole.data!.filter((value, i) => value === data![i]).length).toBeGreaterThan(60);
    });

    it("refuses what is no picture that Node would take too, and too many pixels", async () => {
      const svg = "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'/>";
      for (const content of [svg, "", "GIF89a", "\xff\xd8\xff", "RIFF    WEBPVP8X"])
        expect(
          await tab.evaluate(`window.decodeText(${JSON.stringify(content)})`),
          content,
        ).toMatchObject({ error: "ImageError" });
      expect(
        ((await tab.evaluate(`window.decodeText(${JSON.stringify(svg)})`)) as Answer).message,
      ).toBe(
        `${svg.length} bytes of image/png: expected a picture in PNG, JPEG, GIF, WebP or ` +
          "AVIF, received SVG, XML or HTML",
      );
      for (const file of [
        "png-rgb-8.png",
        "jpeg-rgb.jpg",
        "webp-rgb-lossy.webp",
        "gif-palette.gif",
        "avif-rgb-444.avif",
      ])
        expect((await decode(file, { limitPixels: 272 })).message, file).toContain(
          "expected at most 272 pixels, received 21x13",
        );
    });

    it("refuses headers that claim another size", async () => {
      for (const { name, data } of bombs) {
        // Chromium believes the size of an AVIF, and scales what it decodes.
        if (name.endsWith(".avif") && !name.startsWith("60000")) continue;
        const content = JSON.stringify(Buffer.from(data).toString("latin1"));
        expect(await tab.evaluate(`window.decodeText(${content})`), name).toMatchObject({
          error: "ImageError",
        });
      }
    });
  },
);
