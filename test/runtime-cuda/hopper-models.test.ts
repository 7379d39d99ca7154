/** Models on the Hopper path of the emulated driver: against transformers' outputs, and with heads that wgmma computes against the portable path. */
import { compile } from "@sigil/compiler";
import { SiglipModel } from "@sigil/runtime";
import { loadSpec, specPath, type ModelSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { runJoint } from "../support/compare-goldens.ts";
import { emulatedDriver, openEmulated } from "../support/cuda.ts";
import { goldenCase } from "../support/golden-cases.ts";
import { needsGxx } from "../support/gxx.ts";

/** The least cosine of any row. */
function leastCosine(a: Float32Array, b: Float32Array, width: number): number {
  const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return Math.min(...Array.from({ length: a.length / width }, (_, row) => {
    const [x, y] = [a, b].map((data) => data.subarray(row * width, (row + 1) * width)) as [Float32Array, Float32Array];
    return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
  }));
}
const largestDifference = (a: Float32Array, b: Float32Array): number => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

/** A small SigLIP whose towers have two heads of `head` channels. */
function wide(head: number): ModelSpec {
  const spec = loadSpec(specPath("siglip-shapes"));
  const size = { hidden_size: 2 * head, num_attention_heads: 2, num_hidden_layers: 2, intermediate_size: 272 };
  const text = { ...spec.config.text_config!, ...size, projection_size: 2 * head, max_position_embeddings: 20 };
  return { ...spec, storage: "bfloat16", batch: { image: 2, text: 2 }, config: { ...spec.config, text_config: text, vision_config: { ...spec.config.vision_config!, ...size } } };
}

describe.skipIf(!emulatedDriver)(`the Hopper path ${needsGxx}`, { timeout: 600_000 }, () => {
  // The project's bars for 16-bit storage.
  it.each([["tiny", "float16", 5e-3, 0.9999], ["tiny-mask", "bfloat16", 2e-2, 0.999]] as const)("%s in %s", async (name, storage, bound, least) => {
    const golden = await goldenCase(name);
    const outputs = await runJoint(golden, await openEmulated({ ...golden.spec, storage }, golden.seed, { path: "hopper" }));
    for (const embeds of ["image_embeds", "text_embeds"]) {
      const [expected, actual] = [await golden.outputs.readFloat32(embeds), outputs[embeds] as Float32Array];
      expect(largestDifference(actual, expected), embeds).toBeLessThan(bound);
      expect(leastCosine(actual, expected, golden.outputs.tensors.get(embeds)!.shape[1]!), embeds).toBeGreaterThan(least);
    }
  });

  // The width that no multiple of wgmma's swizzles fits; the others are held by hopper-attention.test.ts.
  it.each([72])("heads of %i channels", async (head) => {
    const spec = wide(head);
    const { cuda } = await compile({ ...spec, targets: ["cuda"] });
    const used = Object.values(cuda!.sources.hopper).filter((source) => source.includes('"hopper/'));
    expect(used.filter((source) => source.includes("attend_warpgroup")).length, "attention by wgmma").toBeGreaterThanOrEqual(2);
    expect(used.filter((source) => source.includes("multiply_warpgroup")).length, "Gemm by wgmma").toBeGreaterThanOrEqual(8);
    const size = spec.config.vision_config!.image_size;
    const inputs = { pixelValues: { data: Float32Array.from({ length: 2 * 3 * size * size }, (_, i) => Math.sin(0.37 * i)), shape: [2, 3, size, size] as const }, inputIds: [0, 1].map((text) => Array.from({ length: 20 }, (_, i) => (7 * i + 31 * text + 3) % 356)) };
    const run = async (path: "portable" | "hopper") => {
      const model = new SiglipModel(await openEmulated(spec, 5, { path }));
      const { imageEmbeds, textEmbeds } = await model.forward(inputs);
      await model.dispose();
      return [imageEmbeds.data, textEmbeds.data] as const;
    };
    const [portable, hopper] = [await run("portable"), await run("hopper")];
    // Unit vectors, each rounded to bfloat16 in the same places by other orders of summation: below the project's bar against float32.
    portable.forEach((expected, i) => {
      expect(largestDifference(hopper[i]!, expected)).toBeLessThan(1e-2);
      expect(leastCosine(hopper[i]!, expected, 2 * head)).toBeGreaterThan(0.9995);
    });
  });
});
