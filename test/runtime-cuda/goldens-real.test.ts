/**
 * Models of published sizes on the emulated device against what transformers computed:
 * base-patch16-224 in two minutes, all in a quarter of an hour, so only on request.
 */
import { appendFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bars, distanceOf, isWithin } from "../support/bars.ts";
import { emulatedDriver, openEmulated } from "../support/cuda.ts";
import { goldenCase, realCases } from "../support/golden-cases.ts";
import { needsGxx } from "../support/gxx.ts";
import { requires } from "../support/require.ts";
import { runCase } from "../support/run-case.ts";

const all = requires("all-sizes");
const chosen = all ? realCases : requires("slow") ? realCases.slice(0, 1) : [];

describe.skipIf(!emulatedDriver || chosen.length === 0)(
  "models of published sizes on the emulated device (needs REQUIRE=slow for one, " +
    `all-sizes for all) ${needsGxx}`,
  { timeout: 7_200_000 },
  () => {
    // What is skipped is named too.
    describe.each(chosen.length > 0 ? chosen : realCases)("%s", (name) => {
      it.each([
        ["float32", "portable"],
        ["bfloat16", "hopper"],
        // Two minutes of the same loops, and of storages that small cases have.
        ...(all
          ? ([
              ["bfloat16", "portable"],
              ["float16", "hopper"],
            ] as const)
          : []),
      ] as const)("in %s by %s kernels", async (storage, path) => {
        const known = await goldenCase(name);
        const golden = await goldenCase(name, {
          storage,
          batch: { image: known.batch, text: known.textBatch },
        });
        const distance = await distanceOf(
          golden,
          await runCase(golden, await openEmulated(golden.spec, golden.seed, { path, lazy: true })),
        );
        if (process.env.SIGIL_ERRORS)
          appendFileSync(
            process.env.SIGIL_ERRORS,
            `${JSON.stringify({ case: name, storage, path, ...distance })}\n`,
          );
        expect(isWithin(distance, bars[storage]), JSON.stringify(distance)).toBe(true);
      });
    });
  },
);
