/**
 * Random small configs, compiled for the CPU, against the float64 oracle on the unfused graph.
 * `SIGIL_RUNS` draws more, `SIGIL_SEED` starts elsewhere.
 */
import { openCpuSession } from "@sigil/runtime-cpu";
import { describe } from "vitest";
import { testSeeds } from "./worst-error.ts";

const runs = Number(process.env.SIGIL_RUNS ?? 40);
const first = Number(process.env.SIGIL_SEED ?? 1);

/**
 * float32 over at most three layers of at most 80 channels; steep activations (relu2, mish)
 * multiply the rounding.
 */
const tolerance = 2e-5;

describe("compiled models equal the oracle", () =>
  testSeeds(first, runs, tolerance, ({ plan, cpu }, weights) =>
    openCpuSession({ plan, wasm: cpu }, weights, { threads: 1, lazy: true, onWarning: () => {} }),
  ));
