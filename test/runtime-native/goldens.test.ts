/** Every model case of the fixtures, run by the addon, against what transformers computed. */
import { describe, expect, it } from "vitest";
import { bars, distanceOf, isWithin } from "../support/bars.ts";
import { compare } from "../support/compare-goldens.ts";
import { goldenCase, naflexCases, tinyCases, warningsOf } from "../support/golden-cases.ts";
import { needsGxx } from "../support/gxx.ts";
import { instructionSets, openNative, withInstructionSet } from "../support/native.ts";
import { requires } from "../support/require.ts";
import { runCase } from "../support/run-case.ts";

/**
 * The bars of the project: float32 against float32, over max(1, largest magnitude) except for
 * losses, which are relative.
 */
function tolerance(name: string): number {
  if (name.startsWith("logits")) return 2e-3; // cosines times exp(4.7)
  if (name === "loss") return 1e-4;
  return /attentions/.test(name) ? 1e-6 : 1e-5;
}

describe.skipIf(instructionSets.length === 0)(`on the native backend ${needsGxx}`, () => {
  describe.each(instructionSets)("%s", (set) => {
    it.each([...tinyCases, ...naflexCases])("%s", async (name) => {
      const golden = await goldenCase(name);
      await withInstructionSet(set, async () => {
        const warnings: string[] = [];
        const session = await openNative(golden.spec, golden.seed, {
          lazy: true,
          onWarning: ({ code }) => warnings.push(code),
        });
        expect(session.backend).toContain(set);
        await compare(golden, await runCase(golden, session), tolerance);
        expect(warnings).toEqual(warningsOf(name));
      });
    });

    it.each(["float16", "bfloat16"] as const)("weights in %s", async (storage) => {
      for (const name of ["tiny", "tiny-awkward", "tiny-interpolate"]) {
        const golden = await goldenCase(name, { storage });
        await withInstructionSet(set, async () => {
          const session = await openNative(golden.spec, golden.seed);
          const distance = await distanceOf(golden, await runCase(golden, session));
          expect(isWithin(distance, bars[storage]), `${name}: ${JSON.stringify(distance)}`).toBe(
            true,
          );
        });
      }
    });
  });

  it.skipIf(!requires("slow")).each([
    ["base-patch16-224", 2, 3],
    ["base-patch16-512", 2, 3],
    ["base-patch16-224-interpolate-384x256", 2, 3],
    ["large-patch16-256", 1, 2],
    ["so400m-patch14-384", 1, 2],
  ] as const)("%s (needs REQUIRE=slow)", { timeout: 300_000 }, async (name, image, text) => {
    const golden = await goldenCase(name, { batch: { image, text } });
    const session = await openNative(golden.spec, golden.seed, { lazy: true });
    await compare(golden, await runCase(golden, session), tolerance);
  });
});
