/** What the zero-shot pipeline refuses, caches and orders, with a model that counts. */
import {
  InputError,
  Session,
  SiglipModel,
  ZeroShotImageClassification,
  type Tensor,
} from "@sigil/runtime";
import { sealPlan, type PlannedProgram } from "@sigil/spec";
import { expect, it } from "vitest";

const extent = (symbol: string) => ({ factor: 1, symbols: [symbol] });
const program = (
  name: string,
  symbols: Record<string, number>,
  inputs: PlannedProgram["inputs"],
): PlannedProgram => ({
  name,
  symbols,
  inputs,
  outputs: [],
  weights: [],
  weightBytes: 0,
  arenaBytes: 0,
  scratchBytes: 0,
  init: [],
  launches: [],
  flops: 0,
  gathers: [
    {
      input: "input_ids",
      table: "words",
      count: 1,
      width: 1,
      target: { space: "arena", offset: 0 },
    },
  ],
});
const plan = sealPlan({
  version: 1,
  name: "count",
  kind: "siglip",
  architecture: "siglip",
  storage: "float32",
  config: {},
  tensors: { words: [100, 1] },
  programs: [
    program("vision", { image_batch: 2 }, [
      { name: "pixel_values", dtype: "float32", shape: [extent("image_batch"), 1, 1, 1] },
    ]),
    program("text", { text_batch: 2 }, [
      { name: "input_ids", dtype: "int32", shape: [extent("text_batch"), 2] },
    ]),
    program("scores", { image_batch: 2, text_batch: 2 }, [
      { name: "image_features", dtype: "float32", shape: [extent("image_batch"), 1] },
      { name: "text_features", dtype: "float32", shape: [extent("text_batch"), 1] },
    ]),
  ],
});

/** Pictures and texts are numbers; the logit is their product. */
const ran: string[] = [];
const model = new SiglipModel(
  new Session(plan, async ({ name }) => ({
    async run(inputs, { image_batch: images = 1, text_batch: texts = 1 }) {
      ran.push(`${name} ${name === "vision" ? images : texts}`);
      if (name === "vision")
        return {
          pooler_output: { data: Float32Array.from(inputs.pixel_values!), shape: [images, 1] },
        };
      if (name === "text")
        return {
          pooler_output: {
            data: Float32Array.from({ length: texts }, (_, i) => inputs.input_ids![2 * i]!),
            shape: [texts, 1],
          },
        };
      const [image, text] = [inputs.image_features!, inputs.text_features!];
      const logits = Float32Array.from(
        { length: images * texts },
        (_, i) => image[Math.floor(i / texts)]! * text[i % texts]!,
      );
      return {
        logits_per_image: { data: logits, shape: [images, texts] },
        image_embeds: { data: image as Float32Array, shape: [images, 1] },
        text_embeds: { data: text as Float32Array, shape: [texts, 1] },
      };
    },
    dispose: () => {},
  })),
);
const seen: string[][] = [];
const tokenizer = {
  encode: (texts: readonly string[]) => (
    seen.push([...texts]), { inputIds: texts.map((text) => [text.length % 10, 0]) }
  ),
};
const classifier = new ZeroShotImageClassification(model, tokenizer, 2);
const pictures: Tensor = { data: Float32Array.of(1, -1, 0), shape: [3, 1, 1, 1] };

it(
  "scores every picture against every label, in blocks, best first, ties in the order of the " +
    "labels",
  async () => {
    const [first, second, third] = await classifier.classify(pictures, ["a", "bb", "ccc"], {
      template: "{}",
    });
    expect(first!.map(({ label, logit }) => [label, logit])).toEqual([
      ["ccc", 3],
      ["bb", 2],
      ["a", 1],
    ]);
    expect(first![0]!.score).toBeCloseTo(1 / (1 + Math.exp(-3)), 12);
    expect(second!.map(({ label }) => label)).toEqual(["a", "bb", "ccc"]);
    expect(third!.map(({ label, score }) => [label, score])).toEqual([
      ["a", 0.5],
      ["bb", 0.5],
      ["ccc", 0.5],
    ]);
  },
);

it("refuses a tokenizer that loses texts", async () => {
  const lossy = {
    encode: (texts: readonly string[]) => ({ inputIds: texts.slice(1).map(() => [1, 0]) }),
  };
  await expect(
    new ZeroShotImageClassification(model, lossy, 2).classify(pictures, ["a", "b", "c"]),
  ).rejects.toThrow("the tokenizer returned 2 rows of ids for 3 texts");
});

it("embeds each text once, under the template, repeats and all", async () => {
  seen.length = 0;
  await classifier.classify(pictures, ["a", "dddd", "dddd"], { template: "{}" });
  await classifier.classify(pictures, ["a", "dddd"], { template: "{}" });
  expect(seen).toEqual([["dddd"]]);
  await classifier.classify(pictures, ["a"]);
  expect(seen[1]).toEqual(["This is a photo of a."]);
});

it(
  "keeps the labels that were used last, within a bound, and " +
    "answers for more than that at once",
  async () => {
    // Two bytes a character: eight of them fill what is kept.
    const labels = Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(1 << 20, "x").slice(i % 10));
    seen.length = 0;
    const [scores] = await classifier.classify(pictures, labels, { template: "{}" });
    const logits = new Map(scores!.map(({ label, logit }) => [label, logit]));
    for (const label of labels) expect(logits.get(label)).toBe(label.length % 10);
    await classifier.classify(pictures, labels.slice(-3), { template: "{}" });
    expect(seen).toHaveLength(1);
    await classifier.classify(pictures, labels.slice(0, 1), { template: "{}" });
    expect(seen).toHaveLength(2);
  },
);

it("refuses labels and templates that cannot be meant", async () => {
  const refuse = async (labels: unknown, message: string, options = {}) => {
    const error = await classifier
      .classify(pictures, labels as string[], options)
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  };
  await refuse([], "labels: expected at least one, received none");
  await refuse(undefined, "labels: expected at least one");
  await refuse(["a", 3], "labels[1]: expected a string, received number");
  await refuse(["a"], "template: expected one {} for the label", { template: "a photo" });
  await refuse(["a"], "template", { template: "{} and {}" });
});
