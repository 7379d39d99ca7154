/**
 * Settings of preprocessor_config.json, resizes and sizes against transformers, Pillow and
 * torchvision, bit for bit; test/fixtures/image-processor/make_goldens.py made what is compared.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  ImageError,
  resize,
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  targetSize,
  type ImageSize,
  type RawImage,
  type Resample,
} from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import { describe, expect, it } from "vitest";
import { fixtures } from "../../support/golden-cases.ts";

const folder = join(fixtures, "image-processor");
const json = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
const sha256 = (data: Uint8Array | Float32Array): string =>
  createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");
const noise = (count: number, seed: number, hard = false): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => {
    const value = Math.imul(i + seed, 2654435761) >>> 24;
    return hard ? 255 * Number(value > 127) : value;
  });

type Outcome = { shape: number[]; sha256: string } | { error: string };
const rows = json("processor.json") as {
  config: Record<string, unknown>;
  pictures: [width: number, height: number, channels: 1 | 3, seed: number][];
  pil: Outcome;
  torchvision: Outcome;
}[];

/** What transformers takes and Sigil refuses, each with its reason. */
const refused: Readonly<Record<string, string>> = {
  // A name is bicubic to torchvision and bilinear to the Pillow backend, as is 2.5.
  'pil {"resample":"bicubic"}': "resample: expected nearest (0)",
  'torchvision {"resample":"bicubic"}': "resample: expected nearest (0)",
  'pil {"resample":2.5}': "resample: expected nearest (0)",
  // NumPy reads numbers out of text, PyTorch does not.
  'pil {"image_mean":"0.5"}': "image_mean: expected a finite number or a list of them",
};

describe("settings of a preprocessor_config.json", () => {
  const usual = rows[0]!.config;
  for (const { config, pictures, ...outcomes } of rows)
    for (const [backend, Processor] of [
      ["pil", SiglipImageProcessor],
      ["torchvision", SiglipImageProcessorFast],
    ] as const) {
      const own = Object.entries(config).filter(
        ([key, value]) => JSON.stringify(value) !== JSON.stringify(usual[key]),
      );
      const name = `${backend} ${JSON.stringify(Object.fromEntries(own))}`;
      it(`${name} of ${pictures.join(" and ")}`, () => {
        const run = () =>
          Processor.fromConfig(config, { onWarning: () => {} }).preprocess(
            pictures.map(([width, height, channels, seed]): RawImage => {
              return { data: noise(width * height * channels, seed), width, height, channels };
            }),
          );
        const expected = outcomes[backend];
        if ("error" in expected || name in refused) {
          expect(run).toThrow(ImageError);
          if (name in refused) expect(run).toThrow(refused[name]!);
        } else {
          const { pixelValues, shape } = run();
          expect(shape).toEqual(expected.shape);
          expect(sha256(pixelValues)).toBe(expected.sha256);
        }
      });
    }
});

it("resizes as Pillow and torchvision, by every filter and at extreme sizes", async () => {
  const names: Resample[] = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"];
  const differ: unknown[] = [];
  type Row = [number, number, number, number, number, number, number, string, string];
  for (const row of json("resizes.json") as Row[]) {
    const [width, height, toWidth, toHeight, filter, seed, hard, pillow, torchvision] = row;
    const data = noise(3 * width * height, seed, hard === 1);
    for (const [arithmetic, expected] of Object.entries({ pillow, torchvision })) {
      if (expected === "") continue;
      const resized = resize(
        data,
        [height, width, 3],
        [toHeight, toWidth],
        names[filter]!,
        arithmetic as "pillow",
      );
      if (!sha256(resized).startsWith(expected)) differ.push([arithmetic, ...row]);
    }
  }
  expect(differ).toEqual([]);
  // Over a hundred times taller than wide: Pillow 12.3's answers for 224 x 224.
  const tall = await decodeImage(join(folder, "reported/tall-2000x10.png"));
  expect([tall.height, tall.width]).toEqual([2000, 10]);
  const squash = (filter: Resample) =>
    sha256(resize(tall.data as Uint8Array, [2000, 10, 3], [224, 224], filter));
  expect([squash("bicubic"), squash("bilinear")]).toEqual([
    "88bb09b902d4757e19845c5468cf9c51770920a0b15a83c082b0a87ead9289da",
    "c77751d489883fa56cb482ae055d877d01dc5bbd6e7b7c5cc8cfc859f3950e71",
  ]);
});

it("finds the size of a picture as transformers does", () => {
  type Row = [Record<string, number>, number, number, number, number];
  for (const [size, height, width, toHeight, toWidth] of json("sizes.json") as Row[]) {
    const asked = Object.fromEntries(
      Object.entries(size).map(([key, value]) => [
        key.replace(/_(.)/, (_, letter: string) => letter.toUpperCase()),
        value,
      ]),
    ) as unknown as ImageSize;
    const run = () => targetSize(asked, height, width);
    if (toHeight < 1 || toWidth < 1) expect(run).toThrow(ImageError);
    else
      expect(run(), `${JSON.stringify(size)} of ${height}x${width}`).toEqual([toHeight, toWidth]);
  }
});
