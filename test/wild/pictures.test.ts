/** Pictures as open_clip and timm prepare them; test/fixtures/wild/make_picture_goldens.py. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ImageError, OpenClipImageProcessor, TimmImageProcessor } from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import { expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";

interface Golden {
  readonly file: string;
  readonly mode: string;
  readonly squash: string;
  readonly shortest: string;
  readonly timm: string;
}
const goldens = JSON.parse(readFileSync(join(fixtures, "wild/pictures.json"), "utf8")) as Golden[];
const half = [0.5, 0.5, 0.5];
const openClip = (size: number, preprocess: object): OpenClipImageProcessor =>
  OpenClipImageProcessor.fromConfig({
    model_cfg: { vision_cfg: { image_size: size } },
    preprocess_cfg: { mean: half, std: half, ...preprocess },
  });
const processors = {
  squash: openClip(32, { resize_mode: "squash", interpolation: "bicubic" }),
  shortest: openClip(21, {
    resize_mode: "shortest",
    interpolation: "bilinear",
    mean: [0.4, 0.5, 0.6],
    std: [0.2, 0.3, 0.4],
  }),
  timm: TimmImageProcessor.fromConfig(
    { pretrained_cfg: { interpolation: "bicubic", crop_pct: 0.9, mean: half, std: half } },
    30,
  ),
};
/** Kinds of TIFF that Pillow resizes in forms of its own. */
const refused =
  /cmyk-16|rgb-16|16-white|big-endian|12|32|signed|float|lab|alpha|rgba|palette-of-8|rgb-extra/;

it.each(["squash", "shortest", "timm"] as const)(
  "pictures are resized by %s bit for bit, in whatever mode they are stored",
  { timeout: 60_000 },
  async (kind) => {
    const modes = new Set<string>();
    for (const { file, mode, [kind]: expected } of goldens) {
      const rgb = kind === "timm";
      let picture: Awaited<ReturnType<typeof decodeImage>>;
      try {
        picture = await decodeImage(join(fixtures, file), { rgb });
      } catch (error) {
        expect([file, error]).toEqual([expect.stringMatching(refused), expect.any(ImageError)]);
        continue;
      }
      const { pixelValues } = processors[kind].preprocess([picture]);
      const bytes = new Uint8Array(pixelValues.buffer);
      const found = createHash("sha256").update(bytes).digest("hex").slice(0, expected.length);
      expect([file, found]).toEqual([file, expected]);
      modes.add(mode);
    }
    for (const mode of ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16"])
      expect(modes).toContain(mode);
  },
);

it.each([
  [{ resize_mode: "longest" }, /resize_mode: expected "squash" or "shortest"/],
  [{ interpolation: "nearest" }, /interpolation: expected "bicubic"/],
  [{ mean: "x" }, /mean: expected numbers/],
  [{ size: [32, 16] }, /image_size: expected the side of a square/],
])("settings of open_clip that are not known are refused: %j", (settings, message) => {
  expect(() => openClip(32, settings)).toThrow(message);
});

it.each([
  [{ crop_mode: "border" }, /crop_mode: expected "center" or "squash"/],
  [{ crop_pct: 1.5 }, /crop_pct: expected a number up to 1/],
])("settings of timm that are not known are refused: %j", (settings, message) => {
  expect(() => TimmImageProcessor.fromConfig({ pretrained_cfg: settings }, 32)).toThrow(message);
});
