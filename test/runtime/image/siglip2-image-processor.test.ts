/**
 * Siglip2ImageProcessor against hashes and sizes of transformers 5.17's, with Pillow 12.3 and with
 * torchvision.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  fitPatches,
  ImageError,
  imageProcessorFromConfig,
  Siglip2ImageProcessor,
  Siglip2ImageProcessorFast,
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  uniform,
  type RawImage,
} from "@sigil/runtime/internal";
import { describe, expect, it } from "vitest";
import { fixtures } from "../../support/golden-cases.ts";

const read = (name: string) =>
  JSON.parse(readFileSync(join(fixtures, "image-processor", name), "utf8"));
const sha256 = (data: ArrayBufferView): string =>
  createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");

/** The goldens' pictures: a gradient and noise, from nothing. */
function picture(width: number, height: number): RawImage {
  const noise = uniform(`input.picture.${width}x${height}`, width * height * 3, 7);
  const data = new Uint8Array(width * height * 3);
  const part = (at: number, size: number): number => Math.floor((at * 255) / Math.max(1, size));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      [part(x, width - 1), part(y, height - 1), part(x + y, width + height - 2)].forEach(
        (base, c) => {
          const i = (y * width + x) * 3 + c;
          const value = Math.floor(base * 0.75 + ((noise[i]! + 1) / 2) * 64);
          data[i] = Math.min(Math.max(value, 0), 255);
        },
      );
  return { data, width, height, channels: 3 };
}

it("fits 1305 sizes as transformers' binary search does", () => {
  const rows: number[][] = read("naflex-fits.json");
  expect(rows).toHaveLength(1305);
  for (const [height, width, patch, most, ...expected] of rows)
    expect(fitPatches(height!, width!, patch!, most!), `${height}x${width}`).toEqual(expected);
});

describe("pixel_values, mask and spatial_shapes are transformers' bit for bit", () => {
  const classes = { pil: Siglip2ImageProcessor, torchvision: Siglip2ImageProcessorFast };
  for (const row of read("naflex.json").rows)
    for (const [backend, Processor] of Object.entries(classes))
      it(
        `${row.width}x${row.height}, ${row.max_num_patches} patches of ${row.patch_size}, ` +
          `${backend}`,
        () => {
          const image = picture(row.width, row.height);
          expect(sha256(image.data)).toBe(row.picture_sha256);
          const expected = row[backend];
          const { pixelValues, pixelAttentionMask, spatialShapes } = new Processor({
            patchSize: row.patch_size,
            maxNumPatches: row.max_num_patches,
          }).preprocess([image]);
          expect(pixelValues.shape).toEqual(expected.shape);
          expect([...spatialShapes.data]).toEqual(expected.spatial_shape);
          const marked = pixelAttentionMask.data.lastIndexOf(1) + 1;
          expect(marked).toBe(expected.mask_sum);
          expect(pixelAttentionMask.data.subarray(0, marked).every((one) => one === 1)).toBe(true);
          expect(sha256(pixelValues.data)).toBe(expected.pixel_values_sha256);
        },
      );
});

describe("pictures of one call", () => {
  const processor = new Siglip2ImageProcessor({ patchSize: 4, maxNumPatches: 12 });
  it("keep their own grids, and are as those alone", () => {
    const images = [picture(40, 10), picture(5, 33), picture(1, 1)];
    const all = processor.preprocess(images);
    expect(all.pixelValues.shape).toEqual([3, 12, 48]);
    images.forEach((image, n) => {
      const one = processor.preprocess([image]);
      expect(one.pixelValues.data).toEqual(all.pixelValues.data.slice(n * 576, (n + 1) * 576));
      expect(one.spatialShapes.data).toEqual(all.spatialShapes.data.slice(2 * n, 2 * n + 2));
    });
  });

  it("are refused by name where they are not converted, or do not fit", () => {
    const grey: RawImage = { data: new Uint8Array(64), width: 8, height: 8, channels: 1 };
    const refused = (images: RawImage[], options: object = {}): string => {
      try {
        processor.preprocess(images, options);
      } catch (error) {
        if (error instanceof ImageError) return error.message;
        throw error;
      }
      return "";
    };
    expect(refused([picture(8, 8), grey])).toBe(
      "images[1]: expected 3 channels like the first, received 1",
    );
    expect(refused([{ ...grey, data: new Uint8Array(256), channels: 4 }])).toMatch(
      /^images\[0\]: expected an RGB or grey picture, received mode RGBA; set doConvertRgb$/,
    );
    expect(refused([grey], { doConvertRgb: true })).toBe("");
    expect(refused([picture(9, 8)], { doResize: false })).toMatch(
      /multiples of the patch of 4, received 8x9/,
    );
    expect(refused([picture(16, 16)], { doResize: false })).toMatch(
      /at most 12 patches, received 4x4/,
    );
    expect(refused([picture(12, 16)], { doResize: false })).toBe("");
    expect(refused([], {})).toMatch(/expected at least one/);
    expect(refused([grey], { maxNumPatches: 0 })).toBe(
      "maxNumPatches: expected a positive integer, received 0",
    );
    expect(refused([grey], { maxNumPatches: 2 ** 40 })).toMatch(/^maxNumPatches: expected at most/);
    expect(refused([grey], { size: { height: 3, width: 3 } as never, resample: "x" })).toMatch(
      /resample: expected nearest/,
    );
  });
});

describe("a file's image_processor_type", () => {
  const naflex = {
    image_processor_type: "Siglip2ImageProcessorFast",
    do_convert_rgb: null,
    resample: 2,
    max_num_patches: 64,
    patch_size: 14,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  };
  it("chooses the class, and what it does not name is the model's own", () => {
    const processor = imageProcessorFromConfig(naflex) as Siglip2ImageProcessor;
    expect(processor).toBeInstanceOf(Siglip2ImageProcessor);
    expect(processor.options).toMatchObject({
      maxNumPatches: 64,
      patchSize: 14,
      resample: "bilinear",
      doConvertRgb: false,
    });
    expect(imageProcessorFromConfig({ image_processor: naflex }, { fast: true })).toBeInstanceOf(
      Siglip2ImageProcessorFast,
    );
    expect(imageProcessorFromConfig({}, { fast: true })).toBeInstanceOf(SiglipImageProcessorFast);
    expect(imageProcessorFromConfig({}, { own: "Siglip2ImageProcessor" })).toBeInstanceOf(
      Siglip2ImageProcessor,
    );
  });

  it("is refused by the other class, and by both where it is none of them", () => {
    expect(() => SiglipImageProcessor.fromConfig(naflex)).toThrow(
      /SiglipImageProcessor, received "Siglip2ImageProcessor", .*NaFlex.*imageProcessorFromConfig/,
    );
    expect(() =>
      Siglip2ImageProcessor.fromConfig({ image_processor_type: "SiglipImageProcessor" }),
    ).toThrow(/expected Siglip2ImageProcessor, received "SiglipImageProcessor"/);
    expect(() => imageProcessorFromConfig({ image_processor_type: "CLIPImageProcessor" })).toThrow(
      /received "CLIPImageProcessor"/,
    );
  });

  it("has settings that are checked, and slips that are told", () => {
    expect(() => Siglip2ImageProcessor.fromConfig({ max_num_patches: "a" })).toThrow(
      'maxNumPatches: expected a positive integer, received "a"',
    );
    expect(() => Siglip2ImageProcessor.fromConfig({ image_std: 0 })).toThrow(/image_std/);
    const heard: string[] = [];
    Siglip2ImageProcessor.fromConfig(
      { max_num_patch: 3 },
      { onWarning: ({ message }) => heard.push(message) },
    );
    expect(heard).toEqual([
      "max_num_patch is not a setting of Siglip2ImageProcessor and is ignored; did you mean " +
        "max_num_patches?",
    ]);
  });
});
