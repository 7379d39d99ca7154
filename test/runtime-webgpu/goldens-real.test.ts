/**
 * Models of real size, compiled for WebGPU, against what transformers computed: minutes on a
 * software adapter, so only on request.
 */
import { compile } from "@sigil/compiler";
import { SiglipModel, syntheticWeights } from "@sigil/runtime";
import { openWebGpuSession } from "@sigil/runtime-webgpu";
import { describe, expect, it } from "vitest";
import { compare, runJoint } from "../support/compare-goldens.ts";
import { compareEmbeddings } from "../support/embeddings.ts";
import { goldenCase, type GoldenCase } from "../support/golden-cases.ts";
import { gpu, needsWebGpu } from "../support/webgpu.ts";
import { requires } from "../support/require.ts";

const all = requires("all-sizes");
const slow = requires("slow") || all;

/** The bars of the project for WebGPU in float32, as for the small cases. */
function tolerance(name: string): number {
  if (name.startsWith("logits")) return 2e-3; // cosines times exp(4.7)
  return /attentions/.test(name) ? 2e-6 : 2e-5;
}

async function open({ spec, seed }: GoldenCase) {
  const { plan, webgpu } = await compile({ ...spec, targets: ["webgpu"] });
  return openWebGpuSession(
    webgpu!,
    syntheticWeights(
      Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
      seed,
    ),
    { gpu: gpu!, lazy: true, onWarning: () => {} },
  );
}

describe.skipIf(!gpu || !slow)(
  "transformers' models of real size on the WebGPU backend (needs REQUIRE=slow for some, " +
    `all-sizes for all) ${needsWebGpu}`,
  { timeout: 600_000 },
  () => {
    for (const [name, chosen] of [
      ["base-patch16-224", slow],
      ["base-patch16-224-interpolate-384x256", slow],
      ["base-patch16-512", all],
    ] as const)
      it.runIf(chosen)(name, async () => {
        const golden = await goldenCase(name, { batch: { image: 2, text: 3 } });
        await compare(golden, await runJoint(golden, await open(golden)), tolerance);
      });

    // 0.65 and 0.88 billion parameters, as on the CPU. All their kernels are in webgpu-kernels.
    for (const name of ["large-patch16-256", "so400m-patch14-384"])
      it.runIf(all)(name, async () => {
        const golden = await goldenCase(name, { batch: { image: 1, text: 2 } });
        await compare(golden, await runJoint(golden, await open(golden)), tolerance);
      });

    it("base-patch16-224 with weights kept in float16", async () => {
      const golden = await goldenCase("base-patch16-224", {
        storage: "float16",
        batch: { image: 2, text: 3 },
      });
      const model = new SiglipModel(await open(golden));
      const outputs = await model.forward({
        pixelValues: golden.pixels,
        inputIds: golden.inputIds,
      });
      await model.dispose();
      for (const [name, { data, shape }] of [
        ["image_embeds", outputs.imageEmbeds],
        ["text_embeds", outputs.textEmbeds],
      ] as const) {
        const { worst, cosine } = compareEmbeddings(
          data,
          await golden.outputs.readFloat32(name),
          shape[1]!,
        );
        // Each weight is off by up to 2^-11 of itself: the project's bars for float16 storage.
        expect(worst, name).toBeLessThan(5e-3);
        expect(cosine, name).toBeGreaterThan(0.9999);
      }
    });
  },
);
