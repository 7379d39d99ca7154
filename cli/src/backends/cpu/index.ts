import type { CliBackend } from "../backend.ts";
import { sixteenBits } from "../sixteen-bits.ts";

const tolerances = { float32: 1e-5, ...sixteenBits };

export const cpu = {
  ways: {
    // To `sigil run` the native addon where it can run, to `sigil parity` WebAssembly.
    cpu: { tolerances, colour: "var(--gemm)" },
    native: { tolerances, colour: "var(--note)" },
    wasm: {},
  },
  load: () => import("./commands.ts"),
} satisfies CliBackend;
