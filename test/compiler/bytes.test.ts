/** Pictures that come as bytes: what the compiler makes of them, and where it refuses them. */
import {
  ArchitectureError,
  buildGraphs,
  dense,
  evaluateGraph,
  evaluateLowered,
  lowerSpec,
  type Dense,
} from "@sigil/compiler/internal";
import { syntheticTensor } from "@sigil/runtime/internal";
import { parseSpec, type ArchitectureGraph, type ModelSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { goldenCase, scaledError } from "../support/golden-cases.ts";

const pixels = {
  dtype: "uint8",
  rescaleFactor: 1 / 255,
  imageMean: [0.5, 0.4, 0.3],
  imageStd: [0.2, 0.5, 0.9],
} as const satisfies ModelSpec["pixels"];

describe("normalising inside the patch embedding", () => {
  it("is normalising before it, fused and unfused", async () => {
    const { spec, seed } = await goldenCase("tiny-awkward");
    const weights = (tensor: string, shape: readonly number[]) =>
      syntheticTensor(tensor, shape, seed);
    const [bytes, floats] = [lowerSpec({ ...spec, pixels })[0]!, lowerSpec(spec)[0]!];
    const input = bytes.graph.inputs[0]!.value;
    expect(input.dtype).toBe("uint8");
    const [height, width, channels] = input.shape.slice(1) as [number, number, number];
    const picture = Float64Array.from(
      { length: 2 * height * width * channels },
      (_, i) => Math.imul(i + 1, 2654435761) >>> 24,
    );
    // transformers' way: channels first, each rescaled, its mean taken off, divided by its
    // deviation.
    const normalised = dense([2, channels, height, width]);
    for (let b = 0; b < 2; b++)
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < height * width; i++)
          normalised.data[(b * channels + c) * height * width + i] =
            (picture[(b * height * width + i) * channels + c]! / 255 - pixels.imageMean[c]!) /
            pixels.imageStd[c]!;
    const expected = evaluateGraph(floats.graph, { pixel_values: normalised }, weights);
    const unfused = evaluateGraph(
      bytes.graph,
      { pixel_values: dense([2, height, width, channels], picture) },
      weights,
    );
    const fused = evaluateLowered(bytes.lowered, { pixel_values: picture }, weights, {
      image_batch: 2,
    });
    for (const [name, { data }] of Object.entries<Dense>(expected)) {
      // Two float64 evaluations of the same sums, the folded one of terms 255 times as large.
      expect(scaledError(unfused[name]!.data, data), name).toBeLessThan(1e-12);
      expect(scaledError(fused[name]!, data), name).toBeLessThan(1e-10);
    }
    expect(bytes.lowered.launches.map(({ problem }) => problem.family)).toEqual(
      floats.lowered.launches.map(({ problem }) => problem.family),
    );
    expect(bytes.lowered.launches[0]!.problem).toMatchObject({
      family: "gemm",
      a: { kind: "byte_patches" },
    });
  });
});

describe("bytes are refused", () => {
  const embed = {
    name: "x",
    op: "linear",
    inputs: ["patches"],
    weights: {
      weight: {
        name: "embed.weight",
        shape: ["hidden_size", "num_channels * patch_size * patch_size"],
      },
    },
  };
  const cut = {
    name: "patches",
    op: "patches",
    inputs: ["pixel_values"],
    attributes: { patch: "$patch_size" },
  };
  const document = (
    steps: ArchitectureGraph["steps"],
    more: Partial<ArchitectureGraph> = {},
  ): ArchitectureGraph => ({
    name: "own",
    config: "vision_config",
    symbols: { image_batch: "image" },
    inputs: {
      pixel_values: {
        dtype: "float32",
        shape: ["image_batch", "num_channels", "image_size", "image_size"],
      },
    },
    steps,
    outputs: { x: "x" },
    ...more,
  });
  const spec = parseSpec(
    `{"model_type":"siglip_vision_model",
      "hidden_size":8,"num_attention_heads":2,"image_size":8,"patch_size":4}`,
    { file: "config.json" },
  );
  const attempt = (given: ArchitectureGraph) => () => buildGraphs({ ...spec, pixels }, given);
  const fault = (given: ArchitectureGraph): unknown => {
    try {
      return attempt(given)();
    } catch (error) {
      return error;
    }
  };
  it("not by a document that cuts them into patches for linears", () => {
    expect(
      attempt(
        document(
          [cut, embed, { ...embed, name: "y" }, { name: "z", op: "add", inputs: ["x", "y"] }],
          { outputs: { z: "z" } },
        ),
      )(),
    ).toHaveLength(1);
  });
  it.each([
    [
      "/steps/0/inputs/0",
      "what normalize_pixels gives can only be read by patches",
      document([
        { name: "act", op: "activation", inputs: ["pixel_values"], attributes: { kind: "silu" } },
        { ...cut, inputs: ["act"] },
        embed,
      ]),
    ],
    [
      "/steps/1/inputs/0",
      "what patches gives can only be read by linear",
      document([
        cut,
        { name: "act", op: "activation", inputs: ["patches"], attributes: { kind: "silu" } },
        { ...embed, inputs: ["act"] },
      ]),
    ],
    [
      "/outputs/patches",
      "what patches gives can only be read by linear",
      document([cut, embed], { outputs: { x: "x", patches: "patches" } }),
    ],
    [
      "/steps/0/inputs/0",
      "normalize_pixels reads uint8, not float32",
      document(
        [
          {
            name: "n",
            op: "normalize_pixels",
            inputs: ["picture"],
            attributes: { rescale: 1, mean: 0, std: 1 },
          },
          { ...cut, inputs: ["n"] },
          embed,
        ],
        {
          inputs: {
            picture: {
              dtype: "float32",
              shape: ["image_batch", "image_size", "image_size", "num_channels"],
            },
          },
        },
      ),
    ],
    [
      "/steps/0/inputs/0",
      "patches reads float32, not uint8",
      document([cut, embed], {
        inputs: {
          pixel_values: {
            dtype: "uint8",
            shape: ["image_batch", "num_channels", "image_size", "image_size"],
          },
        },
      }),
    ],
  ] as const)("at %s: %s", (pointer, message, given) => {
    const error = fault(given) as ArchitectureError;
    expect(error).toBeInstanceOf(ArchitectureError);
    expect([error.pointer, error.problem]).toEqual([pointer, expect.stringContaining(message)]);
  });
  it("by a model without pictures", () => {
    const text = parseSpec(
      `{"name":"words","architecture":"siglip-text","pixels":"uint8",
        "config":{"hidden_size":8,"num_attention_heads":2}}`,
      { file: "words.json" },
    );
    expect(() => buildGraphs(text)).toThrow(
      /words\.json#\/pixels: siglip-text has no pixel_values that could be uint8/,
    );
  });
});
