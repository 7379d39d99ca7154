/** NaFlex from files to probabilities, in TypeScript. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import {
  ImageClassification,
  InputError,
  ModelProcessor,
  Siglip2ForImageClassification,
  Siglip2ImageProcessor,
  Siglip2Model,
  Siglip2Processor,
  SiglipTokenizer,
  ZeroShotImageClassification,
  type Siglip2VisionInputs,
  type Tensor,
} from "@sigil/runtime";
import { decodeImage, openCheckpoint } from "@sigil/runtime/node";
import { openCpuSession } from "@sigil/runtime-cpu";
import { loadSpec } from "@sigil/spec";
import { afterAll, beforeAll, expect, expectTypeOf, it } from "vitest";
import { goldenCase } from "../../support/golden-cases.ts";
import { everyBackend } from "../../support/every-backend.ts";
import { shapesFolder, writeNaflexCheckpoint } from "../../support/naflex-checkpoint.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-siglip2-"));
beforeAll(() => writeNaflexCheckpoint(folder));
afterAll(() => rmSync(folder, { recursive: true }));
const tokenizer = SiglipTokenizer.fromSpiece(readFileSync(join(shapesFolder, "spiece.model")));
const picture = { data: new Uint8Array(27).fill(255), width: 3, height: 3, channels: 3 } as const;

it("pads and cuts texts to 64 tokens, and gives the three tensors of pictures", () => {
  const processor = new Siglip2Processor(
    new Siglip2ImageProcessor({ patchSize: 4, maxNumPatches: 9 }),
    tokenizer,
  );
  const both = processor.process({ text: ["a", "a circle"], images: [picture] });
  expect(both.inputIds!.map((row) => row.length)).toEqual([64, 64]);
  expect(both.pixelValues!.shape).toEqual([1, 9, 48]);
  expect([...both.spatialShapes!.data]).toEqual([3, 3]);
  expect(processor.process({ text: "a", maxLength: 16 }).inputIds![0]).toHaveLength(16);
  expect(processor.process({ text: "a", padding: false }).inputIds![0]!.length).toBeLessThan(9);
  expect(
    processor.process({ images: [picture], imageOptions: { maxNumPatches: 4 } }).pixelValues!.shape,
  ).toEqual([1, 4, 48]);
  expect(() => processor.process({})).toThrow(InputError);
});

it("goes from a checkpoint through pipelines, pictures of several shapes at once", async () => {
  const checkpoint = await openCheckpoint(folder);
  const { plan, cpu } = await compile({ ...loadSpec(folder), maxNumPatches: 48 });
  const warnings: string[] = [];
  const model = new Siglip2Model(
    await openCpuSession({ plan, wasm: cpu }, checkpoint.weights, {
      onWarning: ({ code }) => warnings.push(code),
    }),
  );
  type Inputs = Siglip2VisionInputs<Tensor<readonly [number, 48, 192]>>;
  const target: { readonly maxNumPatches: 48; readonly inputs?: Inputs } = { maxNumPatches: 48 };
  const processor = new ModelProcessor(target, checkpoint);
  const ring = await decodeImage(join(shapesFolder, "samples/black-ring.png"));
  const strip = { ...picture, data: new Uint8Array(3 * 90), width: 30 };
  const inputs = processor.images([ring, strip]);
  expectTypeOf(inputs).toEqualTypeOf<Inputs>();
  const classifier = new ZeroShotImageClassification(model, tokenizer, 16);
  const [first, second] = await classifier.classify(inputs, ["a black ring", "a red square"]);
  expect(first![0]!.label).toBe("a black ring");
  expect(second).toHaveLength(2);
  await model.dispose();
  await checkpoint.close();
  // Without the published tokenizer_config.json, which leaves the mask out, there is a mask.
  expect(warnings).toEqual(["masked-padding"]);
});

it("classifies by the labels of the config", async () => {
  const golden = await goldenCase("naflex-classify");
  const session = await everyBackend[0]!.open(golden);
  const classifier = new ImageClassification(new Siglip2ForImageClassification(session));
  const found = await classifier.classify(golden.naflex!, { topK: 1 });
  expect(found).toHaveLength(3);
  expect(["a", "b", "c"]).toContain(found[0]![0]!.label);
  await session.dispose();
});

it.each<[string, object, RegExp]>([
  [
    "pixel values that are not patches",
    { pixelValues: { data: new Float32Array(3), shape: [1, 3] } },
    /^pixel_values: expected \[batch, 16, 48\], received \[1, 3\]; .*max_num_patches 16/,
  ],
  [
    "no mask",
    { pixelAttentionMask: undefined },
    /^pixel_attention_mask: expected \[batch, 16\], received undefined/,
  ],
  [
    "a grid of more patches than there are",
    { spatialShapes: { data: Int32Array.of(4, 5, 2, 7, 5, 3), shape: [3, 2] } },
    /^spatial_shapes\[0\]: expected at least one patch and at most 16, received 4x5/,
  ],
  [
    "a grid without patches",
    { spatialShapes: { data: Int32Array.of(4, 0, 2, 7, 5, 3), shape: [3, 2] } },
    /received 4x0/,
  ],
  [
    "a grid of fewer patches than the mask marks",
    { spatialShapes: { data: Int32Array.of(3, 4, 2, 7, 5, 3), shape: [3, 2] } },
    /^pixel_attention_mask\[0\]: marks patch 12, but spatial_shapes has 3x4 of them/,
  ],
  [
    "a mask that marks no patch",
    { pixelAttentionMask: { data: new Int32Array(48), shape: [3, 16] } },
    /^pixel_attention_mask\[0\]: expected a patch, received none/,
  ],
  [
    "a mask of neither 0 nor 1",
    { pixelAttentionMask: { data: new Int32Array(48).fill(2), shape: [3, 16] } },
    /^pixel_attention_mask\[0\]\[0\]: expected 0 or 1, received 2/,
  ],
])("refuses inputs that do not fit one another: %s", async (_, change, message) => {
  const golden = await goldenCase("naflex-headless");
  const session = await everyBackend[0]!.open(golden, { lazy: true });
  const { visionModel } = new Siglip2Model(session);
  await expect(
    visionModel.forward({ ...golden.naflex!, ...change } as Siglip2VisionInputs),
  ).rejects.toThrow(message);
  await session.dispose();
});
