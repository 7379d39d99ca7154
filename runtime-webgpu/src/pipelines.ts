/**
 * Makes pipelines of kernels, all at once and off the main thread. A refused kernel is reported by
 * name.
 */
import { PlanError } from "@sigil/runtime";
import type { Extent, PlannedLaunch } from "@sigil/spec";
import { WebGpuError } from "./error.ts";
import type { GPUComputePipeline, GPUDevice } from "./gpu.ts";

/**
 * A generated kernel: WGSL with the entry point `main`, and its numbers of workgroups along x and y
 * (of / per, rounded up).
 */
export interface WebGpuKernel {
  readonly code: string;
  readonly grid: readonly { readonly of: Extent; readonly per: number }[];
}

/** Kernels by name. */
export type WebGpuKernels = Readonly<Record<string, WebGpuKernel>>;

async function refused(
  module: GPUShaderModule,
  kernel: string,
  code: string,
  origins: readonly string[],
  cause: unknown,
): Promise<WebGpuError> {
  const { messages } = await module.getCompilationInfo();
  const lines = code.split("\n");
  const faults = messages
    .filter(({ type }) => type === "error")
    .map(
      ({ lineNum, linePos, message }) =>
        `\n  ${kernel}.wgsl:${lineNum}:${linePos}: ${message}\n    ` +
        `${lines[lineNum - 1]?.trim() ?? ""}`,
    );
  return new WebGpuError(
    "shader",
    `kernel ${kernel} (${origins.join(", ")}) was refused by the WebGPU ` +
      `implementation${faults.length > 0 ? `:${faults.join("")}` : `: ${String(cause)}`}`,
    { cause },
  );
}

/** Makes the pipelines of these launches, by kernel name. `onProgress` counts them. */
export async function createPipelines(
  device: GPUDevice,
  launches: readonly PlannedLaunch[],
  kernels: WebGpuKernels,
  onProgress?: (done: number, total: number) => void,
): Promise<ReadonlyMap<string, GPUComputePipeline>> {
  const first = new Map<string, PlannedLaunch>();
  for (const launch of launches) if (!first.has(launch.kernel)) first.set(launch.kernel, launch);
  let done = 0;
  const made = await Promise.all(
    [...first].map(async ([name, { origins }]) => {
      const kernel = kernels[name];
      if (!kernel) throw PlanError.noKernel(name);
      // A refused shader is reported below with its place, so the device's own report of it is
      // dropped.
      device.pushErrorScope("validation");
      const module = device.createShaderModule({ label: name, code: kernel.code });
      void device.popErrorScope();
      try {
        const pipeline = await device.createComputePipelineAsync({
          label: name,
          layout: "auto",
          compute: { module, entryPoint: "main" },
        });
        onProgress?.(++done, first.size);
        return [name, pipeline] as const;
      } catch (cause) {
        throw await refused(module, name, kernel.code, origins, cause);
      }
    }),
  );
  return new Map(made);
}
