/**
 * Small model cases of the fixtures on the emulated driver, through the addon, against what
 * transformers computed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import {
  SiglipImageProcessor,
  SiglipModel,
  SiglipTokenizer,
  ZeroShotImageClassification,
  type Session,
} from "@sigil/runtime";
import { decodeImage, openCheckpoint } from "@sigil/runtime/node";
import { openCudaSession } from "@sigil/runtime-cuda";
import { emulate } from "@sigil/runtime-cuda/emulated";
import { loadSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { bars, distanceOf, isWithin } from "../support/bars.ts";
import { compare } from "../support/compare-goldens.ts";
import { emulatedDriver, openEmulated } from "../support/cuda.ts";
import { fixtures, goldenCase, tinyCases } from "../support/golden-cases.ts";
import { needsGxx } from "../support/gxx.ts";
import { runCase } from "../support/run-case.ts";

/**
 * The bars of the project for CUDA in float32: as for WebGPU, since a card's `ex2` is only good to
 * 2 ulp too.
 */
function tolerance(name: string): number {
  if (name.startsWith("logits")) return 2e-3; // cosines times exp(4.7)
  if (name === "loss") return 1e-4;
  return /attentions/.test(name) ? 2e-6 : 2e-5;
}

describe.skipIf(!emulatedDriver)(
  `transformers' models on the emulated CUDA device ${needsGxx}`,
  { timeout: 600_000 },
  () => {
    describe.each([...tinyCases, "naflex-tiny"])("%s", (name) => {
      it("in float32, every output", async () => {
        const golden = await goldenCase(name);
        await compare(
          golden,
          await runCase(golden, await openEmulated(golden.spec, golden.seed)),
          tolerance,
        );
      });

      it.each([
        ["float16", "portable"],
        ["bfloat16", "portable"],
        ["float16", "hopper"],
        ["bfloat16", "hopper"],
      ] as const)("in %s by %s kernels, within the project's bars", async (storage, path) => {
        const golden = await goldenCase(name);
        const distance = await distanceOf(
          golden,
          await runCase(
            golden,
            await openEmulated({ ...golden.spec, storage }, golden.seed, { path }),
          ),
        );
        expect(isWithin(distance, bars[storage]), JSON.stringify(distance)).toBe(true);
      });
    });

    // Probabilities are stored with seven digits. In bfloat16, whose numbers are off by up to 2^-8
    // of themselves: scores are cosines times exp(3.39), and a probability moves by at most a
    // fourth of its score, so this is a cosine off by 3.4e-3.
    it.each([
      ["float32", "portable", 1e-4],
      ["bfloat16", "hopper", 2.5e-2],
    ] as const)(
      "siglip-shapes classifies as transformers does, in %s by %s kernels",
      async (storage, path, bound) => {
        const folder = join(fixtures, "checkpoints/siglip-shapes");
        const { images } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
          images: { file: string; sets: { labels: string[]; probabilities: number[] }[] }[];
        };
        const checkpoint = await openCheckpoint(folder);
        const spec = loadSpec(folder);
        const { cuda } = await compile({ ...spec, storage, targets: ["cuda"] });
        const { artifact, driver } = await emulate(cuda!);
        const session: Session = await openCudaSession(artifact, checkpoint.weights, {
          driver,
          path,
        });
        const model = new SiglipModel(session);
        const tokenizer = SiglipTokenizer.fromSpiece(
          readFileSync(join(folder, "spiece.model")),
          checkpoint.tokenizerConfig,
        );
        const classifier = new ZeroShotImageClassification(
          model,
          tokenizer,
          Math.min(spec.config.text_config!.max_position_embeddings, tokenizer.modelMaxLength),
        );
        const pictures = await Promise.all(
          images.map(({ file }) => decodeImage(join(folder, file))),
        );
        const { pixelValues, shape } = SiglipImageProcessor.fromConfig(
          (checkpoint.processorConfig ?? checkpoint.preprocessorConfig)!,
        ).preprocess(pictures);
        for (let set = 0; set < images[0]!.sets.length; set++) {
          const results = await classifier.classify(
            { data: pixelValues, shape },
            images[0]!.sets[set]!.labels,
          );
          images.forEach(({ file, sets }, i) => {
            const { labels, probabilities } = sets[set]!;
            expect(results[i]![0]!.label, file).toBe(
              labels[probabilities.indexOf(Math.max(...probabilities))],
            );
            labels.forEach((label, k) =>
              expect(
                Math.abs(
                  results[i]!.find((result) => result.label === label)!.score - probabilities[k]!,
                ),
                `${file} ${label}`,
              ).toBeLessThan(bound),
            );
          });
        }
        await model.dispose();
        await checkpoint.close();
      },
    );
  },
);
