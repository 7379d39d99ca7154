import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ImageError, resize, SiglipImageProcessor } from "@sigil/runtime/internal";
import { decodeImage } from "@sigil/runtime/node";
import { describe, expect, it } from "vitest";
import { fixtures } from "../../support/golden-cases.ts";

interface Resized {
  readonly height: number;
  readonly width: number;
  readonly resample: 2 | 3;
  readonly pil_uint8_sha256: string;
  readonly torch_uint8_sha256: string;
  readonly pixel_values_sha256: string;
}
interface Picture {
  readonly file: string;
  readonly rgb_sha256: string;
  readonly resized: readonly Resized[];
}
const pictures = JSON.parse(
  readFileSync(join(fixtures, "images/images.json"), "utf8"),
) as Picture[];
const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
const bytes = (data: Float32Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe("decoding and resizing give Pillow's bits", () => {
  for (const { file, rgb_sha256, resized } of pictures)
    it(file, async () => {
      const image = await decodeImage(join(fixtures, "images/source", file));
      expect(sha256(image.data as Uint8Array)).toBe(rgb_sha256);
      for (const {
        height,
        width,
        resample,
        pil_uint8_sha256,
        torch_uint8_sha256,
        pixel_values_sha256,
      } of resized) {
        const filter = resample === 3 ? "bicubic" : "bilinear";
        expect(
          sha256(
            resize(
              image.data as Uint8Array,
              [image.height, image.width, 3],
              [height, width],
              filter,
            ),
          ),
          `${filter} ${width}x${height}`,
        ).toBe(pil_uint8_sha256);
        expect(
          sha256(
            resize(
              image.data as Uint8Array,
              [image.height, image.width, 3],
              [height, width],
              filter,
              "torchvision",
            ),
          ),
          `torchvision's ${filter} ${width}x${height}`,
        ).toBe(torch_uint8_sha256);
        const { pixelValues } = new SiglipImageProcessor({
          size: { height, width },
          resample: filter,
        }).preprocess([image]);
        expect(sha256(bytes(pixelValues)), `pixel_values of ${filter} ${width}x${height}`).toBe(
          pixel_values_sha256,
        );
      }
    });
});

describe("pictures with profiles, transparency or unusual depths give Pillow's bits", () => {
  const odd = JSON.parse(
    readFileSync(join(fixtures, "images-odd/images.json"), "utf8"),
  ) as readonly (Omit<Resized, "torch_uint8_sha256"> & { readonly file: string })[];
  for (const { file, height, width, pil_uint8_sha256 } of odd)
    it(file, async () => {
      const image = await decodeImage(join(fixtures, "images-odd", file));
      const [pixels] = new SiglipImageProcessor({ size: { height, width } }).resize([image]);
      expect(sha256(pixels!.data as Uint8Array)).toBe(pil_uint8_sha256);
    });
});

describe("what is no picture", () => {
  it("is an ImageError", async () => {
    for (const data of [
      new Uint8Array(0),
      new Uint8Array([1, 2, 3]),
      readFileSync(join(fixtures, "images/source/png-rgba.png")).subarray(0, 2000),
    ])
      await expect(decodeImage(data)).rejects.toThrow(ImageError);
    await expect(
      decodeImage(join(fixtures, "images/source/png-rgba.png"), { limitPixels: 100 }),
    ).rejects.toThrow(ImageError);
  });

  it("is refused by the processor", () => {
    expect(() => new SiglipImageProcessor().preprocess([])).toThrow("expected at least one");
  });
});
