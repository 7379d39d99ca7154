import {
  ArchitectureError,
  buildGraphs,
  dense,
  evaluateGraph,
  evaluateLowered,
  lowerSpec,
} from "@sigil/compiler/internal";
import { syntheticTensor, uniform } from "@sigil/runtime/internal";
import {
  listModelSpecs,
  loadSpec,
  parseSpec,
  specPath,
  type Architecture,
  type ArchitectureGraph,
} from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { scaledError } from "../support/golden-cases.ts";

const weight = (name: string, ...shape: (string | number)[]) => ({ name, shape });
/**
 * A model that exists only here: patches, one gated MLP with RMSNorm and a residual, mean pooling.
 */
const gated: ArchitectureGraph = {
  name: "gated",
  config: "vision_config",
  symbols: { image_batch: "image" },
  inputs: {
    pixel_values: {
      dtype: "float32",
      shape: ["image_batch", "num_channels", "image_size", "image_size"],
    },
  },
  steps: [
    {
      name: "patches",
      op: "patches",
      inputs: ["pixel_values"],
      attributes: { patch: "$patch_size" },
    },
    {
      name: "x",
      op: "linear",
      inputs: ["patches"],
      weights: {
        weight: weight("embed.weight", "hidden_size", "num_channels * patch_size * patch_size"),
      },
    },
    {
      name: "norm",
      op: "rms_norm",
      inputs: ["x"],
      weights: { weight: weight("norm.weight", "hidden_size") },
      attributes: { epsilon: 1e-5 },
    },
    {
      name: "up",
      op: "linear",
      inputs: ["norm"],
      weights: { weight: weight("up.weight", "intermediate_size", "hidden_size") },
    },
    {
      name: "gate",
      op: "linear",
      inputs: ["norm"],
      weights: { weight: weight("gate.weight", "intermediate_size", "hidden_size") },
    },
    { name: "act", op: "activation", inputs: ["gate"], attributes: { kind: "silu" } },
    { name: "product", op: "mul", inputs: ["act", "up"] },
    {
      name: "down",
      op: "linear",
      inputs: ["product"],
      weights: { weight: weight("down.weight", "hidden_size", "intermediate_size") },
    },
    { name: "y", op: "add", inputs: ["x", "down"] },
    { name: "pooled", op: "mean_tokens", inputs: ["y"] },
  ],
  outputs: { pooled: "pooled" },
};
const config = {
  model_type: "siglip_vision_model",
  hidden_size: 10,
  intermediate_size: 14,
  num_attention_heads: 2,
  image_size: 9,
  patch_size: 4,
  num_channels: 2,
};
const spec = parseSpec(JSON.stringify(config), { file: "config.json", readFile: () => "" });

/** The same model by plain loops, without the compiler's ops. */
function straightforward(pixels: Float32Array): number[] {
  const w = (name: string, rows: number, columns: number) =>
    Array.from({ length: rows }, (_, r) =>
      Array.from(
        syntheticTensor(`${name}.weight`, columns === 1 ? [rows] : [rows, columns], 3),
      ).slice(r * columns, (r + 1) * columns),
    );
  const times = (matrix: number[][], x: number[]) =>
    matrix.map((row) => row.reduce((sum, value, k) => sum + value * x[k]!, 0));
  const tokens = [0, 1, 2, 3].map((cell) => {
    const patch = [];
    for (let c = 0; c < 2; c++)
      for (let i = 0; i < 4; i++)
        for (let j = 0; j < 4; j++)
          patch.push(pixels[(c * 9 + Math.floor(cell / 2) * 4 + i) * 9 + (cell % 2) * 4 + j]!);
    const x = times(w("embed", 10, 32), patch);
    const size = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / 10 + 1e-5);
    const norm = x.map((value, k) => (value / size) * w("norm", 10, 1)[k]![0]!);
    const up = times(w("up", 14, 10), norm);
    const hidden = times(w("gate", 14, 10), norm).map(
      (value, k) => (value / (1 + Math.exp(-value))) * up[k]!,
    );
    const down = times(w("down", 10, 14), hidden);
    return x.map((value, k) => value + down[k]!);
  });
  return tokens[0]!.map((_, k) => tokens.reduce((sum, token) => sum + token[k]!, 0) / 4);
}

describe("an architecture that exists only as a document", () => {
  it("computes what plain loops compute, fused and unfused", () => {
    const pixels = uniform("pixels", 2 * 81, 3);
    const weights = (tensor: string, shape: readonly number[]) => syntheticTensor(tensor, shape, 3);
    const [program] = lowerSpec(spec, gated);
    const unfused = evaluateGraph(
      program!.graph,
      { pixel_values: dense([1, 2, 9, 9], Float64Array.from(pixels)) },
      weights,
    ).pooled!.data;
    const fused = evaluateLowered(program!.lowered, { pixel_values: pixels }, weights, {
      image_batch: 1,
    }).pooled!;
    // Three float64 evaluations of the same sums.
    expect(scaledError(unfused, straightforward(pixels))).toBeLessThan(1e-12);
    expect(scaledError(fused, unfused)).toBeLessThan(1e-12);
    expect(program!.lowered.launches.map((launch) => launch.problem.family)).toEqual([
      "gemm",
      "row_reduce",
      "gemm",
      "gemm",
      "gemm",
      "row_reduce",
    ]);
  });

  const broken: [string, Architecture, string, string][] = [
    [
      "an unknown op",
      { ...gated, steps: [{ name: "x", op: "convolve", inputs: ["pixel_values"] }] },
      "/steps/0/op",
      'unknown op "convolve"',
    ],
    [
      "an ill-shaped weight",
      {
        ...gated,
        steps: [
          gated.steps[0]!,
          { name: "x", op: "linear", inputs: ["patches"], weights: { weight: weight("w", 3, 5) } },
        ],
      },
      "/steps/1",
      "the input has 32 channels, the weight takes 5",
    ],
    [
      "a value before its step",
      { ...gated, steps: [{ name: "x", op: "add", inputs: ["y", "x"] }] },
      "/steps/0/inputs/0",
      'no value "y" before this step',
    ],
    [
      "a block in itself",
      {
        ...gated,
        blocks: {
          a: { inputs: ["x"], steps: [{ name: "b", block: "a", inputs: ["x"] }], output: "b" },
        },
        steps: [{ name: "x", block: "a", inputs: ["pixel_values"] }],
      },
      "/blocks/a/steps/0/block",
      "contains itself",
    ],
    [
      "a dimension by itself",
      {
        ...gated,
        dimensions: { d: "d + 1" },
        inputs: { pixel_values: { dtype: "float32", shape: ["image_batch", "d"] } },
      },
      "/inputs/pixel_values/shape/1",
      "is defined in terms of itself",
    ],
  ];
  for (const [name, document, pointer, message] of broken)
    it(`names the place of ${name}`, () => {
      try {
        buildGraphs(spec, document);
        expect.fail("expected an ArchitectureError");
      } catch (error) {
        expect(error).toBeInstanceOf(ArchitectureError);
        expect([(error as ArchitectureError).pointer, (error as Error).message]).toEqual([
          pointer,
          expect.stringContaining(message),
        ]);
      }
    });
});

describe("the published checkpoints", () => {
  /** Parameter counts by the transformers code. */
  const parameters: Record<string, [count: number, tensors: number | undefined]> = {
    "siglip-base-patch16-224": [203_155_970, 408],
    "siglip-large-patch16-384": [652_478_466, 792],
    "siglip-so400m-patch14-384": [877_960_498, 888],
    "siglip-base-patch16-256-multilingual": [370_626_050, undefined],
    "siglip2-base-patch16-224": [375_187_970, undefined],
    "siglip2-base-patch16-naflex": [375_234_050, 408],
    "siglip2-so400m-patch16-naflex": [1_135_670_962, 888],
    "siglip2-giant-opt-patch16-384": [1_871_885_426, 1096],
  };
  for (const name of listModelSpecs())
    it(`${name} lowers${parameters[name] ? " with transformers' parameter count" : ""}`, () => {
      const tensors: Record<string, readonly number[]> = Object.assign(
        {},
        ...lowerSpec(loadSpec(specPath(name))).map(({ lowered }) => lowered.tensors),
      );
      const count = Object.values(tensors).reduce(
        (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
        0,
      );
      expect(count).toBeGreaterThan(0);
      if (parameters[name])
        expect([
          count,
          parameters[name][1] === undefined ? undefined : Object.keys(tensors).length,
        ]).toEqual(parameters[name]);
    });
  it("all have a spec for their count", () =>
    expect(listModelSpecs()).toEqual(expect.arrayContaining(Object.keys(parameters))));
});
