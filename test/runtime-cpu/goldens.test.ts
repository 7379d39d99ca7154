/** Every model case of the fixtures, compiled for the CPU, against what transformers computed. */
import { compile } from "@sigil/compiler";
import {
  SiglipForImageClassification,
  SiglipModel,
  syntheticWeights,
  type WarningCode,
  type WarningHandler,
} from "@sigil/runtime";
import { openCpuSession } from "@sigil/runtime-cpu";
import type { ModelSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { compare, flatten, runJoint } from "../support/compare-goldens.ts";
import { goldenCase, warningsOf } from "../support/golden-cases.ts";
import { requires } from "../support/require.ts";

/**
 * The bars of the project: float32 against float32, over max(1, largest magnitude) except for
 * losses, which are relative.
 */
function tolerance(name: string): number {
  if (name.startsWith("logits")) return 2e-3; // cosines times exp(4.7)
  if (name === "loss") return 1e-4;
  return /attentions/.test(name) ? 1e-6 : 1e-5;
}

const slow = requires("slow");

async function open(
  spec: ModelSpec,
  seed: number,
  onWarning: WarningHandler = ({ message }) => expect.unreachable(message),
) {
  const { plan, cpu } = await compile(spec);
  return openCpuSession(
    { plan, wasm: cpu },
    syntheticWeights(
      Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
      seed,
    ),
    { lazy: true, onWarning },
  );
}

describe("the CPU computes what transformers' SiglipModel computes", () => {
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
      const warnings: WarningCode[] = [];
      const session = await open(golden.spec, golden.seed, ({ code }) => warnings.push(code));
      await compare(golden, await runJoint(golden, session), tolerance);
      expect(warnings).toEqual(warningsOf(name));
    });

  it("tiny-headless: towers alone, and no scores", async () => {
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
    expect(await model.textModel.forward({ inputIds: golden.inputIds })).toHaveProperty(
      "poolerOutput",
    );
    await expect(model.getImageFeatures({ pixelValues: golden.pixels })).rejects.toThrow(
      "without pooler_output",
    );
    await expect(
      model.forward({ pixelValues: golden.pixels, inputIds: golden.inputIds }),
    ).rejects.toThrow("without pooler_output");
  });

  for (const name of [
    "base-patch16-224",
    "base-patch16-512",
    "base-patch16-224-interpolate-384x256",
  ])
    it.skipIf(!slow)(`${name} (needs REQUIRE=slow)`, { timeout: 300_000 }, async () => {
      const golden = await goldenCase(name, { batch: { image: 2, text: 3 } });
      await compare(
        golden,
        await runJoint(golden, await open(golden.spec, golden.seed)),
        tolerance,
      );
    });

  // 0.65 and 0.88 billion parameters: a minute and 5 GiB of memory, so only on request.
  for (const [name, asked] of [
    ["large-patch16-256", "all-sizes"],
    ["so400m-patch14-384", "slow"],
  ] as const)
    it.skipIf(!requires(asked))(
      `${name} (needs REQUIRE=${asked})`,
      { timeout: 1_200_000 },
      async () => {
        const golden = await goldenCase(name, { batch: { image: 1, text: 2 } });
        await compare(
          golden,
          await runJoint(golden, await open(golden.spec, golden.seed)),
          tolerance,
        );
      },
    );
});

describe("the CPU computes what transformers' SiglipForImageClassification computes", () => {
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
    });
});
