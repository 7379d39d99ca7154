import {
  dense,
  evaluateGraph,
  evaluateLowered,
  lowerSpec,
  planMemory,
} from "@sigil/compiler/internal";
import { syntheticTensor } from "@sigil/runtime/internal";
import { describe, expect, it } from "vitest";
import { goldenCase, scaledError } from "../support/golden-cases.ts";

const cases = [
  "tiny",
  "tiny-awkward",
  "tiny-grayscale",
  "tiny-interpolate",
  "tiny-classify-single",
];

describe("fused programs compute what their unfused graphs compute", () => {
  for (const name of cases)
    it(name, async () => {
      const golden = await goldenCase(name);
      const weights = (tensor: string, shape: readonly number[]) =>
        syntheticTensor(tensor, shape, golden.seed);
      for (const { graph, lowered } of lowerSpec(golden.spec)) {
        const images = graph.symbols.image_batch ? golden.batch : 0;
        const inputs: Record<string, { data: ArrayLike<number>; shape: readonly number[] }> = {
          pixel_values: golden.pixels,
          input_ids: {
            data: golden.inputIds.flat(),
            shape: [golden.textBatch, golden.inputIds[0]!.length],
          },
        };
        for (const { name: input, value, default: optional } of graph.inputs) {
          if (inputs[input] || optional) continue;
          const shape = value.shape.map((extent) =>
            typeof extent === "number"
              ? extent
              : extent.symbols[0] === "image_batch"
                ? images
                : golden.textBatch,
          );
          inputs[input] = { data: syntheticTensor(input, shape, 1), shape };
        }
        const unfused = evaluateGraph(
          graph,
          Object.fromEntries(
            graph.inputs.flatMap(({ name: input }) =>
              inputs[input]
                ? [[input, dense(inputs[input].shape, Float64Array.from(inputs[input].data))]]
                : [],
            ),
          ),
          weights,
        );
        const fused = evaluateLowered(
          lowered,
          Object.fromEntries(Object.entries(inputs).map(([input, { data }]) => [input, data])),
          weights,
          { image_batch: golden.batch, text_batch: golden.textBatch },
        );
        // Both are float64 and add the same terms in another order: a few ulps of float64 per sum,
        // far below 1e-11.
        for (const [output, { data }] of Object.entries(unfused))
          expect(scaledError(fused[output]!, data), output).toBeLessThan(1e-11);
        expect(lowered.launches.length).toBeLessThan(graph.nodes.length);
      }
    });

  it("a layer has one product for q, k and v, and no elementwise kernel", async () => {
    const { spec } = await goldenCase("tiny");
    const [vision] = lowerSpec(spec);
    const layer = vision!.lowered.launches.filter((launch) =>
      launch.origins.some(
        (origin) => origin.startsWith("vision_model.encoder.layers.0.") || origin === "attention",
      ),
    );
    expect(layer.map((launch) => launch.problem.family).slice(0, 6)).toEqual([
      "row_reduce",
      "gemm",
      "attention",
      "gemm",
      "row_reduce",
      "gemm",
    ]);
  });
});

describe("memory plans", () => {
  for (const name of cases)
    it(`${name}: values alive together never overlap`, async () => {
      const { spec } = await goldenCase(name);
      for (const { lowered } of lowerSpec(spec)) {
        const { lives, bytes } = planMemory(lowered);
        for (const [i, a] of lives.entries()) {
          expect(a.offset + a.bytes).toBeLessThanOrEqual(bytes);
          for (const b of lives.slice(i + 1))
            if (a.from <= b.to && b.from <= a.to)
              expect(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset).toBe(true);
        }
      }
    });
});
