import { buildGraphs, dense, evaluateGraph } from "@sigil/compiler/internal";
import { syntheticTensor } from "@sigil/runtime/internal";
import { describe, expect, it } from "vitest";
import { goldenCase, scaledError } from "../support/golden-cases.ts";

/**
 * transformers ran in float32, the oracle in float64: 1e-5 of the largest magnitude is the spread
 * between float32 implementations.
 */
const tolerance = 1e-5;

describe("the oracle computes what transformers computes", () => {
  for (const name of ["tiny", "tiny-awkward", "tiny-grayscale", "tiny-interpolate", "tiny-mask"])
    it(name, async () => {
      const golden = await goldenCase(name);
      const weights = (tensor: string, shape: readonly number[]) =>
        syntheticTensor(tensor, shape, golden.seed);
      const [vision, text] = buildGraphs(golden.spec);
      const image = evaluateGraph(
        vision!,
        { pixel_values: dense(golden.pixels.shape, Float64Array.from(golden.pixels.data)) },
        weights,
      );
      const ids = golden.inputIds;
      const rows = (values: readonly (readonly number[])[]) =>
        dense(
          [ids.length, ids[0]!.length],
          Float64Array.from(ids.flatMap((_, r) => values[r % values.length]!)),
        );
      const { attentionMask, positionIds } = golden;
      // transformers adds the lowest float32 to the scores of hidden tokens.
      const mask = attentionMask?.map((row) =>
        row.map((keep) => (keep ? 0 : -3.4028234663852886e38)),
      );
      const words = evaluateGraph(
        text!,
        {
          input_ids: rows(ids),
          ...(positionIds && { position_ids: rows(positionIds) }),
          ...(mask && { attention_mask: rows(mask) }),
        },
        weights,
      );
      for (const [prefix, outputs] of [
        ["vision_model_output", image],
        ["text_model_output", words],
      ] as const)
        for (const [output, { data }] of Object.entries(outputs)) {
          const key = `${prefix}.${output}`;
          if (!golden.outputs.tensors.has(key)) continue;
          expect(scaledError(data, await golden.outputs.readFloat32(key)), key).toBeLessThan(
            tolerance,
          );
        }
      const states =
        golden.spec.hiddenStates === true
          ? golden.spec.config.vision_config!.num_hidden_layers
          : -1;
      const layers = (list: string, count: number) =>
        Array.from({ length: Math.max(0, count) }, (_, i) => `${list}.${i}`);
      expect(Object.keys(image)).toEqual([
        "last_hidden_state",
        "pooler_output",
        ...layers("hidden_states", states + 1),
        ...layers("attentions", states),
      ]);
    });

  for (const name of ["tiny-classify-single", "tiny-classify-multi", "tiny-classify-regression"])
    it(name, async () => {
      const golden = await goldenCase(name);
      const [graph] = buildGraphs(golden.spec);
      const outputs = evaluateGraph(
        graph!,
        { pixel_values: dense(golden.pixels.shape, Float64Array.from(golden.pixels.data)) },
        (tensor, shape) => syntheticTensor(tensor, shape, golden.seed),
      );
      expect(
        scaledError(outputs.logits!.data, await golden.outputs.readFloat32("logits")),
      ).toBeLessThan(tolerance);
    });

  it("tiny: logits and normalised embeddings", async () => {
    const golden = await goldenCase("tiny");
    const read = async (name: string) => Float64Array.from(await golden.outputs.readFloat32(name));
    const scores = buildGraphs(golden.spec)[2]!;
    const outputs = evaluateGraph(
      scores,
      {
        image_features: dense([golden.batch, 64], await read("vision_model_output.pooler_output")),
        text_features: dense([golden.textBatch, 64], await read("text_model_output.pooler_output")),
      },
      (tensor, shape) => syntheticTensor(tensor, shape, golden.seed),
    );
    for (const name of ["image_embeds", "text_embeds"])
      expect(scaledError(outputs[name]!.data, await read(name)), name).toBeLessThan(tolerance);
    // exp(4.7) = 110 multiplies the cosines' rounding.
    for (const name of ["logits_per_image", "logits_per_text"])
      expect(scaledError(outputs[name]!.data, await read(name)), name).toBeLessThan(1e-4);
  });
});
