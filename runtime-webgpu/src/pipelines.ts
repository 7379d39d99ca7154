/**
 * Makes pipelines of kernels, all at once and off the main thread. A refused kernel is reported by
 * name.
 */
import { PlanError } from "@sigil/runtime";
import type { Extent, PlannedLaunch } from "@sigil/spec";
import { WebGpuError } from "./error.ts";
import type { GPUComputePipeline, GPUDevice } from "./gpu.ts";

/** Workgroups along an axis: of / per, rounded up. */
interface GridAxis {
  readonly of: Extent;
  readonly per: number;
}

/** A generated kernel: WGSL with the entry point `main`, and its workgroups along x and y. */
export interface WebGpuKernel {
  readonly code: string;
  readonly grid: readonly [x: GridAxis, ...y: GridAxis[]];
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

/** A launch with what its kernel became. */
export interface MadeLaunch extends PlannedLaunch, Pick<WebGpuKernel, "grid"> {
  readonly pipeline: GPUComputePipeline;
}

/** Makes the pipelines of these launches, one for each kernel. `onProgress` counts them. */
export async function createPipelines(
  device: GPUDevice,
  launches: readonly PlannedLaunch[],
  kernels: WebGpuKernels,
  onProgress?: (done: number, total: number) => void,
): Promise<MadeLaunch[]> {
  const total = new Set(launches.map(({ kernel }) => kernel)).size;
  let done = 0;
  const make = async ({ kernel: name, origins }: PlannedLaunch) => {
    const kernel = kernels[name];
    if (!kernel) throw PlanError.noKernel(name);
    const { code, grid } = kernel;
    // A refused shader is reported below with its place, so the device's own report of it is
    // dropped.
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ label: name, code });
    void device.popErrorScope();
    try {
      const pipeline = await device.createComputePipelineAsync({
        label: name,
        layout: "auto",
        compute: { module, entryPoint: "main" },
      });
      onProgress?.(++done, total);
      return { grid, pipeline };
    } catch (cause) {
      throw await refused(module, name, code, origins, cause);
    }
  };
  const made = new Map<string, ReturnType<typeof make>>();
  return Promise.all(
    launches.map(async (launch) => {
      const making = made.get(launch.kernel) ?? make(launch);
      made.set(launch.kernel, making);
      return { ...launch, ...(await making) };
    }),
  );
}
