// Generated from compiler/src/backends by scripts/generate-operations.mjs.

/** What a module can be compiled for. */
export type Target = "cpu" | "webgpu" | "cuda";

export interface BackendFacts {
  readonly title: string;
  /** Only Node has it. */
  readonly node?: true;
  /** Its runtime's error, and the codes which say that it cannot run the model here. */
  readonly error?: { readonly name: string; readonly unsuitable: readonly string[] };
}

/** The last that can run is taken. */
export const backends: Readonly<Record<Target, BackendFacts>> = {
  cpu: {
    title: "the CPU",
  },
  webgpu: {
    title: "WebGPU",
    error: {
      name: "WebGpuError",
      unsuitable: ["no-adapter","no-device","limit"],
    },
  },
  cuda: {
    title: "CUDA",
    node: true,
    error: {
      name: "CudaError",
      unsuitable: ["no-addon","no-driver","driver-too-old","no-device","wrong-architecture"],
    },
  },
};
