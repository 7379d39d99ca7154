/**
 * The last layer for the pooled token alone: the same numbers for fewer operations, and only where
 * nothing else is wanted.
 */
import {
  buildGraphs,
  compile,
  dense,
  evaluateGraph,
  evaluateLowered,
  lowerSpec,
} from "@sigil/compiler/internal";
import { SiglipModel, syntheticTensor, syntheticWeights } from "@sigil/runtime/internal";
import { openCpuSession } from "@sigil/runtime-cpu";
import { describe, expect, it } from "vitest";
import { goldenCase, scaledError } from "../support/golden-cases.ts";

const pooled = {
  outputs: ["pooler_output", "logits_per_image", "logits_per_text", "image_embeds", "text_embeds"],
  hidden_states: false,
  attentions: false,
};

describe("push-token", () => {
  for (const name of ["tiny", "tiny-awkward", "tiny-mask"])
    it(`${name}: computes what the whole layer computes`, async () => {
      const golden = await goldenCase(name, pooled);
      const weights = (tensor: string, shape: readonly number[]) =>
        syntheticTensor(tensor, shape, golden.seed);
      const ids = golden.inputIds;
      const whole = buildGraphs(golden.spec).find((graph) => graph.name === "siglip-text")!;
      const { lowered } = lowerSpec(golden.spec).find(({ graph }) => graph.name === "siglip-text")!;
      const expected = evaluateGraph(
        whole,
        { input_ids: dense([ids.length, ids[0]!.length], Float64Array.from(ids.flat())) },
        weights,
      ).pooler_output!;
      const actual = evaluateLowered(lowered, { input_ids: ids.flat() }, weights, {
        text_batch: ids.length,
      }).pooler_output!;
      // Both are float64 and add the same terms in another order.
      expect(scaledError(actual, expected.data)).toBeLessThan(1e-11);
      const last = golden.spec.config.text_config!.num_hidden_layers - 1;
      const mlp = lowered.launches.filter(({ origins }) =>
        origins.some((origin) => origin.startsWith(`text_model.encoder.layers.${last}.mlp`)),
      );
      expect(mlp.length).toBeGreaterThan(0);
      for (const { problem } of mlp)
        expect(problem).toMatchObject({ rows: { factor: 1, symbols: ["text_batch"] } });
    });

  it("agrees with transformers on the CPU backend", async () => {
    const golden = await goldenCase("tiny", pooled);
    const { plan, cpu } = await compile(golden.spec);
    const model = new SiglipModel(
      await openCpuSession(
        { plan, wasm: cpu },
        syntheticWeights(
          Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
          golden.seed,
        ),
      ),
    );
    const output = await model.forward({ pixelValues: golden.pixels, inputIds: golden.inputIds });
    await model.dispose();
    expect(Object.keys(output.textModelOutput)).toEqual(["poolerOutput"]);
    // float32 against float32, as in the CPU backend's goldens.
    for (const [key, tensor] of [
      ["image_embeds", output.imageEmbeds],
      ["text_embeds", output.textEmbeds],
    ] as const)
      expect(scaledError(tensor.data, await golden.outputs.readFloat32(key)), key).toBeLessThan(
        1e-5,
      );
  });

  it("leaves a tower alone whose tokens are wanted", async () => {
    const { spec } = await goldenCase("tiny", { hidden_states: false, attentions: false });
    const { lowered } = lowerSpec(spec).find(({ graph }) => graph.name === "siglip-text")!;
    expect(
      lowered.launches.filter(
        ({ problem }) => problem.family === "map" && problem.operands[0]!.index === "strided",
      ),
    ).toHaveLength(1);
  });

  it("names outputs that no program has", async () => {
    const { spec } = await goldenCase("tiny", { outputs: ["pooler_outptu"] });
    expect(() => buildGraphs(spec)).toThrow(
      'siglip has no output "pooler_outptu"; it has last_hidden_state, pooler_output',
    );
  });
});
