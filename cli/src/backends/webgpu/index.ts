import type { CliBackend } from "../backend.ts";
import { sixteenBits } from "../sixteen-bits.ts";

export const webgpu = {
  ways: {
    // WGSL's `exp` is only good to a few ulp, hence twice the CPU's.
    webgpu: { tolerances: { float32: 2e-5, ...sixteenBits }, colour: "var(--attention)" },
  },
  load: () => import("./commands.ts"),
} satisfies CliBackend;
