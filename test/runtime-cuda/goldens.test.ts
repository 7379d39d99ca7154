/** Small model cases of the fixtures on the emulated driver, through the addon, against what transformers computed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { SiglipForImageClassification, SiglipImageProcessor, SiglipModel, SiglipTokenizer, ZeroShotImageClassification, type Session } from "@sigil/runtime";
import { decodeImage, openCheckpoint } from "@sigil/runtime/node";
import { openCudaSession } from "@sigil/runtime-cuda";
import { emulate } from "@sigil/runtime-cuda/emulated";
import { loadSpec, type Storage } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { compare, flatten, runJoint } from "../support/compare-goldens.ts";
import { emulatedDriver, openEmulated } from "../support/cuda.ts";
import { fixtures, goldenCase } from "../support/golden-cases.ts";
import { needsGxx } from "../support/gxx.ts";

/** The bars of the project for CUDA in float32: as for WebGPU, since a card's `ex2` is only good to 2 ulp too. */
function tolerance(name: string): number {
  if (name.startsWith("logits")) return 2e-3; // cosines times exp(4.7)
  if (name === "loss") return 1e-4;
  return /attentions/.test(name) ? 2e-6 : 2e-5;
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe.skipIf(!emulatedDriver)(`transformers' models on the emulated CUDA device ${needsGxx}`, { timeout: 600_000 }, () => {
  for (const name of ["tiny", "tiny-awkward", "tiny-grayscale", "tiny-loss", "tiny-mask", "tiny-interpolate"])
    it(name, async () => {
      const golden = await goldenCase(name);
      await compare(golden, await runJoint(golden, await openEmulated(golden.spec, golden.seed)), tolerance);
    });

  it("tiny-headless: towers alone", async () => {
    const golden = await goldenCase("tiny-headless");
    const model = new SiglipModel(await openEmulated(golden.spec, golden.seed));
    await compare(golden, flatten({ visionModelOutput: await model.visionModel.forward({ pixelValues: golden.pixels }) }, "", {}), tolerance);
    await model.dispose();
  });

  for (const name of ["tiny-classify-single", "tiny-classify-multi", "tiny-classify-regression"])
    it(name, async () => {
      const golden = await goldenCase(name);
      const model = new SiglipForImageClassification(await openEmulated(golden.spec, golden.seed));
      await compare(golden, flatten(await model.forward({ pixelValues: golden.pixels, labels: golden.labels! }), "", {}), tolerance);
      await model.dispose();
    });

  // Weights and activations are off by up to 2^-11, or 2^-8, of themselves: the project's bars for 16-bit storage.
  for (const name of ["tiny", "tiny-awkward", "tiny-grayscale", "tiny-loss", "tiny-mask", "tiny-interpolate"])
    it.each([["float16", 5e-3, 0.9999], ["bfloat16", 2e-2, 0.999]] as const)(`${name} in %s`, async (storage: Storage, bound, cosine) => {
      const golden = await goldenCase(name);
      const outputs = await runJoint(golden, await openEmulated({ ...golden.spec, storage }, golden.seed));
      for (const embeds of ["image_embeds", "text_embeds"]) {
        const [expected, actual] = [await golden.outputs.readFloat32(embeds), outputs[embeds] as Float32Array];
        expect(expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0), embeds).toBeLessThan(bound);
        const width = golden.outputs.tensors.get(embeds)!.shape[1]!;
        for (let at = 0; at < expected.length; at += width) {
          const [x, y] = [actual, expected].map((data) => data.subarray(at, at + width)) as [Float32Array, Float32Array];
          expect(dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)), embeds).toBeGreaterThan(cosine);
        }
      }
    });

  it("siglip-shapes classifies as transformers does", async () => {
    const folder = join(fixtures, "checkpoints/siglip-shapes");
    const { images } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as { images: { file: string; sets: { labels: string[]; probabilities: number[] }[] }[] };
    const checkpoint = await openCheckpoint(folder);
    const spec = loadSpec(folder);
    const { cuda } = await compile({ ...spec, targets: ["cuda"] });
    const { artifact, driver } = await emulate(cuda!);
    const session: Session = await openCudaSession(artifact, checkpoint.weights, { driver, path: "portable" });
    const model = new SiglipModel(session);
    const tokenizer = SiglipTokenizer.fromSpiece(readFileSync(join(folder, "spiece.model")), checkpoint.tokenizerConfig);
    const classifier = new ZeroShotImageClassification(model, tokenizer, Math.min(spec.config.text_config!.max_position_embeddings, tokenizer.modelMaxLength));
    const pictures = await Promise.all(images.map(({ file }) => decodeImage(join(folder, file))));
    const { pixelValues, shape } = SiglipImageProcessor.fromConfig((checkpoint.processorConfig ?? checkpoint.preprocessorConfig)!).preprocess(pictures);
    for (let set = 0; set < images[0]!.sets.length; set++) {
      const results = await classifier.classify({ data: pixelValues, shape }, images[0]!.sets[set]!.labels);
      images.forEach(({ file, sets }, i) => {
        const { labels, probabilities } = sets[set]!;
        // Probabilities are stored with seven digits.
        labels.forEach((label, k) => expect(Math.abs(results[i]!.find((result) => result.label === label)!.score - probabilities[k]!), `${file} ${label}`).toBeLessThan(1e-4));
      });
    }
    await model.dispose();
    await checkpoint.close();
  });
});
