/** prelu, the one activation with a parameter of its own: an extra tensor beside each MLP. */
import {
  compile,
  dense,
  evaluateGraph,
  buildGraphs,
  evaluateLowered,
  lowerSpec,
} from "@sigil/compiler/internal";
import { SiglipModel, syntheticTensor, syntheticWeights } from "@sigil/runtime/internal";
import { openCpuSession } from "@sigil/runtime-cpu";
import { parseSpec } from "@sigil/spec";
import { expect, it } from "vitest";
import { scaledError } from "../support/golden-cases.ts";

const tower = {
  hidden_size: 24,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  hidden_act: "prelu",
};
const config = {
  model_type: "siglip",
  text_config: { ...tower, vocab_size: 50, max_position_embeddings: 6 },
  vision_config: { ...tower, image_size: 16, patch_size: 8 },
};
const spec = parseSpec(JSON.stringify(config), { file: "config.json" });

it("reads its slope from activation_fn.weight and multiplies what is negative", async () => {
  const weights = (tensor: string, shape: readonly number[]) => syntheticTensor(tensor, shape, 5);
  const pixels = syntheticTensor("pixels", [2, 3, 16, 16], 5);
  const graph = buildGraphs(spec)[0]!;
  expect(graph.nodes.find((node) => node.op === "prelu")!.weights.weight!.tensor).toBe(
    "vision_model.encoder.layers.0.mlp.activation_fn.weight",
  );
  const oracle = evaluateGraph(
    graph,
    { pixel_values: dense([2, 3, 16, 16], Float64Array.from(pixels)) },
    weights,
  ).pooler_output!.data;
  const { lowered } = lowerSpec(spec)[0]!;
  // Both are float64 and add the same terms in another order.
  expect(
    scaledError(
      evaluateLowered(lowered, { pixel_values: pixels }, weights, { image_batch: 2 })
        .pooler_output!,
      oracle,
    ),
  ).toBeLessThan(1e-11);
  const { plan, cpu } = await compile(spec);
  const model = new SiglipModel(
    await openCpuSession(
      { plan, wasm: cpu },
      syntheticWeights(
        Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
        5,
      ),
      { lazy: true },
    ),
  );
  const { data } = await model.getImageFeatures({
    pixelValues: { data: pixels, shape: [2, 3, 16, 16] },
  });
  // float32 against float64 over two layers.
  expect(scaledError(data, oracle)).toBeLessThan(2e-6);
  const leaky = (tensor: string, shape: readonly number[]) =>
    tensor.endsWith("activation_fn.weight") ? Float32Array.of(0.01) : weights(tensor, shape);
  const relu = buildGraphs(
    parseSpec(JSON.stringify(config).replaceAll("prelu", "leaky_relu"), { file: "config.json" }),
  )[0]!;
  const inputs = { pixel_values: dense([2, 3, 16, 16], Float64Array.from(pixels)) };
  // 0.01 is rounded to float32 as a weight and is exact as a constant.
  expect(
    scaledError(
      evaluateGraph(graph, inputs, leaky).pooler_output!.data,
      evaluateGraph(relu, inputs, weights).pooler_output!.data,
    ),
  ).toBeLessThan(1e-8);
  await model.dispose();
});
