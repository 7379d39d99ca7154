// Generated from compiler/src/backends by scripts/generate-operations.mjs.
import { cpu } from "../backends/cpu/index.ts";
import { webgpu } from "../backends/webgpu/index.ts";
import { cuda } from "../backends/cuda/index.ts";

export const backends = { cpu, webgpu, cuda };
