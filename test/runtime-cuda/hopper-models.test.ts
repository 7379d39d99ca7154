/** A model whose heads wgmma computes, on the emulated driver: the Hopper path beside the portable one. */
import { compile } from "@sigil/compiler";
import { SiglipModel } from "@sigil/runtime";
import { loadSpec, specPath, type ModelSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { emulatedDriver, openEmulated } from "../support/cuda.ts";
import { compareEmbeddings } from "../support/embeddings.ts";
import { needsGxx } from "../support/gxx.ts";

/** A small SigLIP whose towers have two heads of `head` channels. */
function wide(head: number): ModelSpec {
  const spec = loadSpec(specPath("siglip-shapes"));
  const size = { hidden_size: 2 * head, num_attention_heads: 2, num_hidden_layers: 2, intermediate_size: 272 };
  const text = { ...spec.config.text_config!, ...size, projection_size: 2 * head, max_position_embeddings: 20 };
  return { ...spec, storage: "bfloat16", batch: { image: 2, text: 2 }, config: { ...spec.config, text_config: text, vision_config: { ...spec.config.vision_config!, ...size } } };
}

describe.skipIf(!emulatedDriver)(`the Hopper path ${needsGxx}`, { timeout: 600_000 }, () => {
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
      const { worst, cosine } = compareEmbeddings(hopper[i]!, expected, 2 * head);
      expect(worst).toBeLessThan(1e-2);
      expect(cosine).toBeGreaterThan(0.9995);
    });
  });
});
