/** What stands before the names of a model's tensors in its file. */
import {
  bindPlan,
  syntheticWeights,
  WeightsError,
  type WeightSource,
} from "@sigil/runtime/internal";
import { describe, expect, it } from "vitest";

const names = ["embeddings.patch_embedding.weight", "encoder.layers.0.layer_norm1.bias"];
const vision = names.map((name) => `vision_model.${name}`);
const tensorsOf = (list: readonly string[]) => Object.fromEntries(list.map((name) => [name, [2]]));
const file = (...list: readonly string[]): WeightSource =>
  syntheticWeights(list.map((name) => ({ name, shape: [2] })));

describe.each([
  ["nothing", "", vision],
  ["no tower's prefix", "", names],
  ["a module of training", "module.", vision],
  ["what torch.compile adds", "_orig_mod.", vision],
  ["both", "module._orig_mod.", vision],
  ["a larger model of transformers 5", "model.vision_tower.", names],
  ["a larger model of transformers 4", "vision_tower.", vision],
  ["a model in a model", "vlm.model.vision_tower.", vision],
])("behind %s", (_, lead, stored) => {
  const whole = stored.map((name) => lead + name);

  it.each([
    ["a tower", vision],
    ["a tower without its prefix", names],
  ])("%s is found", async (_, expected) => {
    const source = file(...whole);
    const bound = bindPlan({ tensors: tensorsOf(expected) }, source);
    for (const [i, name] of expected.entries())
      expect(await bound.readFloat32(name)).toEqual(await source.readFloat32(whole[i]!));
  });

  it("a tower in a larger model is found where others are ignored", () => {
    const source = file("language_model.layers.0.weight", ...whole, "projector.bias");
    const tensors = tensorsOf(vision);
    expect(() => bindPlan({ tensors, ignoreOtherWeights: true }, source)).not.toThrow();
    expect(() => bindPlan({ tensors }, source)).toThrow(
      /unexpected "language_model.layers.0.weight"/,
    );
  });
});

it("a whole model behind a prefix may have towers that are not read", () => {
  const all = [...vision, "text_model.head.bias", "logit_scale"].map((name) => `module.${name}`);
  expect(() => bindPlan({ tensors: tensorsOf(vision) }, file(...all))).not.toThrow();
});

it("two towers that fit are refused until one is named", async () => {
  const source = file(...["a.", "b."].flatMap((lead) => vision.map((name) => lead + name)));
  const plan = { tensors: tensorsOf(vision), ignoreOtherWeights: true } as const;
  expect(() => bindPlan(plan, source)).toThrow(WeightsError);
  expect(() => bindPlan(plan, source)).toThrow(/twice, prefixed "a\." and "b\."/);
  const bound = bindPlan({ ...plan, weightPrefix: "b." }, source);
  expect(await bound.readFloat32(vision[0]!)).toEqual(await source.readFloat32(`b.${vision[0]!}`));
  expect(() => bindPlan({ ...plan, weightPrefix: "c." }, source)).toThrow(/missing/);
});

it("many tensors of another model are said in one line", () => {
  const others = Array.from({ length: 300 }, (_, i) => `language_model.${i}.weight`);
  expect(() => bindPlan({ tensors: tensorsOf(vision) }, file(...vision, ...others))).toThrow(
    /1 problem\n.*300 tensors .* such as "language_model.0.weight"; compile with --tower/,
  );
});

it("a scalar and a vector of one are the same", () => {
  const tensors = { logit_scale: [] };
  const bind = (shape: readonly number[]) =>
    bindPlan({ tensors }, syntheticWeights([{ name: "logit_scale", shape }]));
  expect(() => bind([])).not.toThrow();
  expect(() => bind([1])).not.toThrow();
  expect(() => bind([2])).toThrow(/misshapen/);
  expect(() => bind([1, 1])).toThrow(/misshapen/);
});
