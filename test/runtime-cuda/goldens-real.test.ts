/** Models of published sizes on the emulated device against what transformers computed: from one to some ten minutes each, so only on request. */
import { describe, expect, it } from "vitest";
import { bars, distanceOf, isWithin } from "../support/bars.ts";
import { emulatedDriver, openEmulated } from "../support/cuda.ts";
import { goldenCase, realCases } from "../support/golden-cases.ts";
import { needsGxx } from "../support/gxx.ts";
import { runCase } from "../support/run-case.ts";

const wanted = (process.env.REQUIRE ?? "").split(",").includes("emulated-all");

describe.skipIf(!emulatedDriver || !wanted)(`models of published sizes on the emulated device (needs REQUIRE=emulated-all) ${needsGxx}`, { timeout: 7_200_000 }, () => {
  describe.each(realCases)("%s", (name) => {
    it.each([["float32", "portable"], ["bfloat16", "portable"], ["bfloat16", "hopper"], ["float16", "hopper"]] as const)("in %s by %s kernels", async (storage, path) => {
      const known = await goldenCase(name);
      const golden = await goldenCase(name, { storage, batch: { image: known.batch, text: known.textBatch } });
      const start = performance.now();
      const distance = await distanceOf(golden, await runCase(golden, await openEmulated(golden.spec, golden.seed, { path, lazy: true })));
      console.log(`${name} in ${storage} by ${path} kernels: ${JSON.stringify(distance)}, ${((performance.now() - start) / 1e3).toFixed(0)} s`);
      expect(isWithin(distance, bars[storage]), JSON.stringify(distance)).toBe(true);
    });
  });
});
