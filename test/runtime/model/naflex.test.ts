/** NaFlex models on every backend, against what transformers' Siglip2 models computed. */
import { describe, it } from "vitest";
import { compare } from "../../support/compare-goldens.ts";
import { everyBackend } from "../../support/every-backend.ts";
import { goldenCase, naflexCases } from "../../support/golden-cases.ts";
import { runCase } from "../../support/run-case.ts";

/**
 * The project's bars: float32 against float32 over max(1, largest magnitude), twice that where
 * `exp` is only good to a few ulp (WGSL's, and `ex2` of a card); losses are relative.
 */
const tolerance = (backend: string) => (name: string) => {
  if (name.startsWith("logits_per")) return 2e-3; // cosines times exp(4.7)
  if (name === "loss") return 1e-4;
  return (name.includes("attentions") ? 1e-6 : 1e-5) * (backend.startsWith("cpu") ? 1 : 2);
};

for (const { name: backend, here, open } of everyBackend)
  describe.skipIf(!here)(`transformers' Siglip2 models: ${backend}`, { timeout: 120_000 }, () => {
    it.each(naflexCases)("%s", async (name) => {
      const golden = await goldenCase(name);
      await compare(golden, await runCase(golden, await open(golden)), tolerance(backend));
    });
  });
