import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError, SiglipImageProcessor, SiglipProcessor, SiglipTokenizer } from "@sigil/runtime";
import { expect, it } from "vitest";
import { fixtures } from "../../support/golden-cases.ts";

const tokenizer = SiglipTokenizer.fromSpiece(
  readFileSync(join(fixtures, "checkpoints/siglip-shapes/spiece.model")),
);
const processor = new SiglipProcessor(
  new SiglipImageProcessor({ size: { height: 8, width: 8 } }),
  tokenizer,
);
const picture = { data: new Uint8Array(27).fill(255), width: 3, height: 3, channels: 3 } as const;

it("processes texts, pictures or both, and adds no defaults to texts", () => {
  const both = processor.process({
    text: ["a red circle", "a"],
    images: [picture],
    returnAttentionMask: false,
  });
  expect(both.pixelValues).toMatchObject({ shape: [1, 3, 8, 8] });
  expect(both.pixelValues!.data.every((value) => value === 1)).toBe(true);
  expect(both.inputIds).toEqual(tokenizer.encode(["a red circle", "a"]).inputIds);
  expect(both.inputIds![0]!.length).not.toBe(both.inputIds![1]!.length);
  expect(Object.keys(processor.process({ images: [picture] }))).toEqual(["pixelValues"]);
  expect(
    processor.process({
      text: "a",
      padding: "max_length",
      maxLength: 16,
      returnAttentionMask: false,
    }),
  ).toEqual({
    inputIds: [[...tokenizer.encode("a").inputIds[0]!, ...new Array(16).fill(1)].slice(0, 16)],
  });
  expect(
    processor.process({ images: [picture], imageOptions: { size: { height: 2, width: 4 } } })
      .pixelValues!.shape,
  ).toEqual([1, 3, 2, 4]);
  expect(processor.batchDecode(both.inputIds!, { skipSpecialTokens: true })).toEqual([
    "a red circle",
    "a",
  ]);
  expect(() => processor.process({})).toThrow(InputError);
});

it("leaves normalising to a model that takes bytes", () => {
  const { pixelValues } = processor.process({
    images: [picture, { ...picture, data: new Uint8Array(27).fill(7) }],
    pixels: "uint8",
  });
  expect(pixelValues!.shape).toEqual([2, 8, 8, 3]);
  expect(pixelValues!.data).toEqual(
    Uint8Array.from({ length: 2 * 192 }, (_, i) => (i < 192 ? 255 : 7)),
  );
  const images = processor.imageProcessor;
  expect(images.preprocessBytes([picture], { doResize: false })).toEqual({
    pixelValues: new Uint8Array(27).fill(255),
    shape: [1, 3, 3, 3],
  });
  expect(() => images.preprocessBytes([])).toThrow("expected at least one");
  expect(() =>
    images.preprocessBytes([picture, { data: new Float32Array(27), shape: [3, 3, 3] }]),
  ).toThrow("images[1]: expected 8-bit values, received floats");
  expect(() =>
    images.preprocessBytes(
      [picture, { ...picture, data: new Uint8Array(12), width: 2, height: 2 }],
      { doResize: false },
    ),
  ).toThrow("images[1]: expected 3x3x3 like the first, received 2x2x3");
});
