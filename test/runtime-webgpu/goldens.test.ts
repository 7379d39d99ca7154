/** Small model cases of the fixtures, compiled for WebGPU, against what transformers computed. */
import { compile } from "@sigil/compiler";
import { SiglipForImageClassification, SiglipModel, syntheticWeights } from "@sigil/runtime";
import { openWebGpuSession } from "@sigil/runtime-webgpu";
import type { ModelSpec, Storage } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { compare, flatten, runJoint } from "../support/compare-goldens.ts";
import { compareEmbeddings } from "../support/embeddings.ts";
import { goldenCase } from "../support/golden-cases.ts";
import { gpu, needsWebGpu } from "../support/webgpu.ts";

/**
 * The bars of the project for WebGPU in float32: as on the CPU, with twice the room for embeddings
 * and attention maps, since WGSL's `exp` is only good to a few ulp.
 */
function tolerance(name: string): number {
  if (name.startsWith("logits")) return 2e-3; // cosines times exp(4.7)
  if (name === "loss") return 1e-4;
  return /attentions/.test(name) ? 2e-6 : 2e-5;
}

async function open(spec: ModelSpec, seed: number) {
  const { plan, webgpu } = await compile({ ...spec, targets: ["webgpu"] });
  return openWebGpuSession(
    webgpu!,
    syntheticWeights(
      Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
      seed,
    ),
    { gpu: gpu!, onWarning: () => {} },
  );
}

describe.skipIf(!gpu)(
  `transformers' models on the WebGPU backend ${needsWebGpu}`,
  { timeout: 300_000 },
  () => {
    for (const name of [
      "tiny",
      "tiny-awkward",
      "tiny-grayscale",
      "tiny-loss",
      "tiny-mask",
      "tiny-interpolate",
    ])
      it(name, async () => {
        const golden = await goldenCase(name);
        await compare(
          golden,
          await runJoint(golden, await open(golden.spec, golden.seed)),
          tolerance,
        );
      });

    it("tiny-headless: towers alone", async () => {
      const golden = await goldenCase("tiny-headless");
      const model = new SiglipModel(await open(golden.spec, golden.seed));
      await compare(
        golden,
        flatten(
          { visionModelOutput: await model.visionModel.forward({ pixelValues: golden.pixels }) },
          "",
          {},
        ),
        tolerance,
      );
      await model.dispose();
    });

    for (const name of ["tiny-classify-single", "tiny-classify-multi", "tiny-classify-regression"])
      it(name, async () => {
        const golden = await goldenCase(name);
        const model = new SiglipForImageClassification(await open(golden.spec, golden.seed));
        await compare(
          golden,
          flatten(
            await model.forward({ pixelValues: golden.pixels, labels: golden.labels! }),
            "",
            {},
          ),
          tolerance,
        );
        await model.dispose();
      });

    // Each weight is off by up to 2^-11, or 2^-8, of itself: the project's bars for 16-bit storage.
    it.each([
      ["float16", 5e-3, 0.9999],
      ["bfloat16", 2e-2, 0.999],
    ] as const)("weights kept in %s", async (storage: Storage, bound, cosine) => {
      const golden = await goldenCase("tiny");
      const model = new SiglipModel(await open({ ...golden.spec, storage }, golden.seed));
      const { imageEmbeds } = await model.forward({
        pixelValues: golden.pixels,
        inputIds: golden.inputIds,
      });
      await model.dispose();
      const expected = await golden.outputs.readFloat32("image_embeds");
      const { worst, cosine: least } = compareEmbeddings(
        imageEmbeds.data,
        expected,
        imageEmbeds.shape[1]!,
      );
      expect(worst).toBeLessThan(bound);
      expect(least).toBeGreaterThan(cosine);
    });
  },
);
