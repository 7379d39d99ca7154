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
} from "@sigil/runtime/internal";
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
interface Row {
  config: Record<string, unknown>;
  pictures: [width: number, height: number, channels: 1 | 3, seed: number][];
  pil: Outcome;
  torchvision: Outcome;
}
const rows = json("processor.json") as Row[];
const backends = { pil: SiglipImageProcessor, torchvision: SiglipImageProcessorFast };

/** What transformers gives for a row, or an ImageError. */
function outcome({ config, pictures }: Row, backend: keyof typeof backends): Outcome {
  try {
    const processor = backends[backend].fromConfig(config, { onWarning: () => {} });
    const { pixelValues, shape } = processor.preprocess(
      pictures.map(([width, height, channels, seed]): RawImage => {
        return { data: noise(width * height * channels, seed), width, height, channels };
      }),
    );
    return { shape: [...shape], sha256: sha256(pixelValues) };
  } catch (error) {
    if (error instanceof ImageError) return { error: error.message };
    throw error;
  }
}

/** What transformers takes and Sigil refuses, each with its reason. */
const refused: Readonly<Record<string, string>> = {
  // A name is bicubic to torchvision and bilinear to the Pillow backend, as is 2.5.
  'pil {"resample":"bicubic"}': "resample: expected nearest (0)",
  'torchvision {"resample":"bicubic"}': "resample: expected nearest (0)",
  'pil {"resample":2.5}': "resample: expected nearest (0)",
  // NumPy reads numbers out of text, PyTorch does not.
  'pil {"image_mean":"0.5"}': "image_mean: expected a finite number or a list of them",
};

/** A picture of a row: width, height, channels and seed. */
const sizeOf = ([width, height, channels]: Row["pictures"][number]): string =>
  `${width}x${height}x${channels}`;

describe("pixels are transformers' with the settings", () => {
  const usual = rows[0]!.config;
  for (const row of rows)
    for (const backend of ["pil", "torchvision"] as const) {
      const own = Object.entries(row.config).filter(
        ([key, value]) => JSON.stringify(value) !== JSON.stringify(usual[key]),
      );
      const name = `${backend} ${JSON.stringify(Object.fromEntries(own))}`;
      it(`${name}, pictures of ${row.pictures.map(sizeOf).join(", ")}`, () => {
        const found = outcome(row, backend);
        if (name in refused)
          expect(found).toEqual({ error: expect.stringContaining(refused[name]!) });
        else if ("error" in row[backend]) expect(found).toHaveProperty("error");
        else expect(found).toEqual(row[backend]);
      });
    }

  it("at random, a few hundred", () => {
    const differ = (json("random.json") as Row[]).flatMap((row) =>
      (["pil", "torchvision"] as const).flatMap((backend) => {
        const [found, expected] = [outcome(row, backend), row[backend]];
        const same =
          "error" in expected
            ? "error" in found
            : "sha256" in found &&
              found.sha256 === expected.sha256 &&
              String(found.shape) === String(expected.shape);
        return same ? [] : [{ backend, ...row, found }];
      }),
    );
    expect(differ).toEqual([]);
  });
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
