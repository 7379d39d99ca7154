import { Option } from "commander";
import type { CliBackend } from "../backend.ts";
import { sixteenBits } from "../sixteen-bits.ts";

/**
 * What lies between kernels has 16 bits too, which adds up to as much again as the weights' (tiny:
 * 1.8e-3 and 1.2e-2).
 */
const tolerances = { float32: 2e-5, ...sixteenBits };

export const cuda = {
  ways: {
    cuda: { tolerances, colour: "var(--map)" },
    "cuda-emulated": { tolerances, colour: "var(--row_reduce)" },
  },
  options: () => [
    new Option(
      "--cuda-path <name>",
      "CUDA kernels to use (default: those for the device; portable when emulated)",
    ).choices(["portable", "hopper"]),
  ],
  load: () => import("./commands.ts"),
} satisfies CliBackend;
