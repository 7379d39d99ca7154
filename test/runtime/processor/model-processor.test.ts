/** What fits together without a cast: a checkpoint, a generated class and what it takes. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ImageError,
  InputError,
  ModelProcessor,
  SiglipImageProcessor,
  SiglipTokenizer,
  type ByteTensor,
  type Tensor,
} from "@sigil/runtime";
import { decodeImage, openCheckpoint } from "@sigil/runtime/node";
import { afterAll, describe, expect, expectTypeOf, it } from "vitest";
import {
  SiglipShapes,
  type SiglipShapesProcessor,
} from "../../../generated/siglip-shapes/index.js";
import { fixtures } from "../../support/golden-cases.ts";

const folder = join(fixtures, "checkpoints/siglip-shapes");
const copies = mkdtempSync(join(tmpdir(), "sigil-processor-"));
afterAll(() => rmSync(copies, { recursive: true }));

/** The checkpoint with other files; undefined takes one away. */
function changed(name: string, files: Readonly<Record<string, string | undefined>>): string {
  const copy = join(copies, name);
  cpSync(folder, copy, { recursive: true });
  for (const [file, text] of Object.entries(files))
    if (text === undefined) rmSync(join(copy, file));
    else writeFileSync(join(copy, file), text);
  return copy;
}

describe("a processor of a generated class", () => {
  it("gives its very tensors, from a checkpoint to probabilities", async () => {
    const checkpoint = await openCheckpoint(folder);
    const processor = new ModelProcessor(SiglipShapes, checkpoint);
    expectTypeOf(processor).toEqualTypeOf<SiglipShapesProcessor>();
    const model = await SiglipShapes.load(checkpoint.weights, { backend: "cpu", threads: 1 });
    const images = processor.images([await decodeImage(`${folder}/samples/red-circle.png`)]);
    expectTypeOf(images.pixelValues).toEqualTypeOf<Tensor<readonly [number, 3, 64, 64]>>();
    expect(images.pixelValues.shape).toEqual([1, 3, 64, 64]);
    const texts = processor.texts("This is a photo of a red circle.");
    expect(texts.inputIds[0]).toHaveLength(SiglipShapes.textLength);
    const { logitsPerImage } = await model.forward({ ...images, ...texts });
    // transformers' probability, which the fixture keeps with seven digits.
    expect(1 / (1 + Math.exp(-logitsPerImage.data[0]!))).toBeCloseTo(0.3717612, 5);
    await model.dispose();
    await checkpoint.close();
  });

  it("takes parts that are there already, and says which are not", () => {
    const pictures = {
      imageProcessor: new SiglipImageProcessor({ size: { height: 64, width: 64 } }),
    };
    const processor = new ModelProcessor(SiglipShapes, pictures);
    expect(processor.imageProcessor).toBe(pictures.imageProcessor);
    expect(() => processor.texts("a")).toThrow(
      new InputError("tokenizer: expected one, received none"),
    );
    expect(() => new ModelProcessor({}, pictures).texts("a")).toThrow("takes no texts");
  });

  it("refuses an image processor for another size, and gives bytes to a model of bytes", () => {
    const imageProcessor = new SiglipImageProcessor({ size: { height: 32, width: 48 } });
    const image = { data: new Uint8Array(3), height: 1, width: 1, channels: 3 } as const;
    expect(() => new ModelProcessor(SiglipShapes, { imageProcessor }).images([image])).toThrow(
      new ImageError(
        "imageProcessor: the model takes pictures of 64x64, received pictures of 32x48",
      ),
    );
    const { pixelValues } = new ModelProcessor<{ pixelValues: ByteTensor }>(
      { pixels: "uint8" },
      { imageProcessor },
    ).images([image]);
    expect(pixelValues.data).toBeInstanceOf(Uint8Array);
    expect(pixelValues.shape).toEqual([1, 32, 48, 3]);
  });
});

describe("openCheckpoint gives", () => {
  it("the image processor of its files, once, or transformers' defaults", async () => {
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.imageProcessor()).toBe(checkpoint.imageProcessor());
    expect(checkpoint.imageProcessor()).toMatchObject({ outputSize: { height: 64, width: 64 } });
    await checkpoint.close();
    const bare = await openCheckpoint(
      changed("no-processor", { "preprocessor_config.json": undefined }),
    );
    expect(bare.imageProcessor()).toMatchObject({ outputSize: { height: 64, width: 64 } });
    await bare.close();
  });

  it("the tokenizer that tokenizer_class asks for, of the file that is there", async () => {
    const json = JSON.stringify({
      version: "1.0",
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: "Whitespace" },
      post_processor: null,
      decoder: null,
      model: { type: "BPE", vocab: { a: 0, b: 1, "<unk>": 2 }, merges: [], unk_token: "<unk>" },
    });
    const config = (tokenizer_class: string): string =>
      JSON.stringify({ tokenizer_class, pad_token: "<unk>", unk_token: "<unk>" });
    const tokenizerOf = async (files: Parameters<typeof changed>[1], name: string) => {
      const checkpoint = await openCheckpoint(changed(name, files));
      await checkpoint.close();
      return checkpoint.tokenizer();
    };
    const both = { "tokenizer.json": json };
    expect(await tokenizerOf(both, "both")).toBeInstanceOf(SiglipTokenizer);
    const gemma = { ...both, "tokenizer_config.json": config("GemmaTokenizerFast") };
    expect(await tokenizerOf(gemma, "gemma")).not.toBeInstanceOf(SiglipTokenizer);
    const missing = { "tokenizer_config.json": config("GemmaTokenizer") };
    expect(await tokenizerOf(missing, "only-spiece")).toBeInstanceOf(SiglipTokenizer);
    await expect(tokenizerOf({ "spiece.model": undefined }, "neither")).rejects.toThrow(
      /expected spiece.model or tokenizer.json, found neither/,
    );
  });
});
