/**
 * Random small configs, compiled for WebGPU, against the float64 oracle on the unfused graph. Few,
 * since a software adapter takes seconds to compile
 * the shaders of one, and more with REQUIRE=slow: `SIGIL_RUNS` draws more, `SIGIL_SEED` starts
 * elsewhere.
 */
import { openWebGpuSession } from "@sigil/runtime-webgpu";
import { describe } from "vitest";
import { gpu, needsWebGpu } from "../support/webgpu.ts";
import { testSeeds } from "./worst-error.ts";
import { requires } from "../support/require.ts";

const runs = Number(process.env.SIGIL_RUNS ?? (requires("slow") ? 6 : 2));
const first = Number(process.env.SIGIL_SEED ?? 1);

/** Twice that of the CPU, since WGSL's `exp` is only good to a few ulp. */
const tolerance = 4e-5;

describe.skipIf(!gpu)(
  `models compiled for WebGPU equal the oracle ${needsWebGpu}`,
  { timeout: 300_000 },
  () =>
    testSeeds(first, runs, tolerance, ({ webgpu }, weights) =>
      openWebGpuSession(webgpu!, weights, { gpu: gpu!, lazy: true, onWarning: () => {} }),
    ),
);
