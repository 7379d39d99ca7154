/**
 * Each fusion of `compiler/src/lowering` by a graph of its own: the launches that it leaves, and
 * that they compute what the graph means.
 */
import { dense, evaluateGraph, evaluateLowered, lowerSpec } from "@sigil/compiler/internal";
import { parseArchitecture, parseSpec } from "@sigil/spec";
import { syntheticTensor } from "@sigil/runtime/internal";
import { describe, expect, it } from "vitest";
import { scaledError } from "../support/golden-cases.ts";

interface Fusion {
  readonly input: readonly (string | number)[];
  readonly steps: readonly object[];
  /** The family of each launch, in order. */
  readonly launches: readonly string[];
  readonly pixels?: object;
}

const weight = (name: string, ...shape: readonly number[]) => ({ name, shape });
const linear = (name: string, input: string, shape: readonly [number, number]) => ({
  name,
  op: "linear",
  inputs: [input],
  weights: { weight: weight(`${name}.weight`, ...shape), bias: weight(`${name}.bias`, shape[0]) },
});
const heads = { heads: 2 };
const tokens = ["batch", 5, 8];
const pictures = ["batch", 3, 8, 12];
const patches = { name: "cut", op: "patches", inputs: ["x"], attributes: { patch: 4 } };

const fusions: Readonly<Record<string, Fusion>> = {
  "bias, activation and residual into the product before them": {
    input: tokens,
    steps: [
      linear("up", "x", [8, 8]),
      { name: "act", op: "activation", inputs: ["up"], attributes: { kind: "gelu_pytorch_tanh" } },
      { name: "y", op: "add", inputs: ["act", "x"] },
    ],
    launches: ["gemm"],
  },
  "a product of two values is not its own operand": {
    input: tokens,
    steps: [linear("up", "x", [8, 8]), { name: "y", op: "mul", inputs: ["up", "up"] }],
    launches: ["gemm", "map"],
  },
  "the exponential of a parameter into what reads it": {
    input: tokens,
    steps: [
      { name: "s", op: "parameter", weights: { weight: weight("scale", 1) } },
      { name: "scale", op: "exp", inputs: ["s"] },
      linear("up", "x", [8, 8]),
      { name: "y", op: "mul", inputs: ["up", "scale"] },
    ],
    launches: ["gemm"],
  },
  "q, k and v of one input into one product": {
    input: tokens,
    steps: [
      ...["q", "k", "v"].map((name) => linear(name, "x", [8, 8])),
      { name: "y", op: "attention", inputs: ["q", "k", "v"], attributes: heads },
    ],
    launches: ["gemm", "attention"],
  },
  "a projection that something else reads stays apart": {
    input: tokens,
    steps: [
      ...["q", "k", "v"].map((name) => linear(name, "x", [8, 8])),
      { name: "sum", op: "attention", inputs: ["q", "k", "v"], attributes: heads },
      { name: "y", op: "add", inputs: ["sum", "v"] },
    ],
    launches: ["gemm", "gemm", "attention", "map"],
  },
  "patches into the product that reads them": {
    input: pictures,
    steps: [patches, linear("y", "cut", [8, 48])],
    launches: ["gemm"],
  },
  "the normalising of bytes into weights and bias": {
    input: pictures,
    steps: [patches, linear("y", "cut", [8, 48])],
    launches: ["gemm"],
    pixels: { pixels: "uint8", rescale_factor: 1 / 255, image_mean: [0.4, 0.5, 0.6] },
  },
  "an only token is read where it lies": {
    input: ["batch", 1, 8],
    steps: [
      { name: "first", op: "token", inputs: ["x"], attributes: { index: 0 } },
      linear("y", "first", [8, 8]),
    ],
    launches: ["gemm"],
  },
};

const batch = 3;
const file = "fusion.json";

function lowered({ input, steps, pixels }: Fusion) {
  const name = input === pictures ? "pixel_values" : "features";
  const architecture = {
    name: "fusion",
    config: "vision_config",
    symbols: { batch: "image" },
    inputs: { [name]: { dtype: "float32", shape: input } },
    steps: JSON.parse(JSON.stringify(steps).replaceAll('"x"', `"${name}"`)),
    outputs: { result: "y" },
  };
  const spec = { name: "fusion", architecture: "./fusion.json", config: { vision_config: {} } };
  return lowerSpec(
    parseSpec(JSON.stringify({ ...spec, ...pixels }), { file }),
    parseArchitecture(JSON.stringify(architecture), { file }).architecture,
  )[0]!;
}

describe("fused equals unfused:", () => {
  it.each(Object.entries(fusions))("%s", (_, fusion) => {
    const { graph, lowered: program } = lowered(fusion);
    const all = [...program.init, ...program.launches];
    expect(all.map(({ problem }) => problem.family)).toEqual(fusion.launches);

    const weights = (tensor: string, shape: readonly number[]) => syntheticTensor(tensor, shape, 1);
    const [{ name, value }] = graph.inputs as [(typeof graph.inputs)[0]];
    const shape = [batch, ...value.shape.slice(1).map(Number)];
    const drawn = syntheticTensor(name, shape, 2);
    const data = value.dtype === "uint8" ? drawn.map((x) => (Math.abs(x * 5000) % 256) | 0) : drawn;
    const unfused = evaluateGraph(
      graph,
      { [name]: dense(shape, Float64Array.from(data)) },
      weights,
    );
    const fused = evaluateLowered(program, { [name]: data }, weights, { batch });
    // Both are float64 and add the same terms in another order: a few ulps of float64 per sum.
    expect(scaledError(fused.result!, unfused.result!.data)).toBeLessThan(1e-11);
  });
});
