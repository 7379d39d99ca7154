/** Launches with everything that encoding them takes: made once, so that a run only encodes. */
import { valueOf, type Symbols } from "@sigil/runtime/internal";
import type { PlannedLaunch } from "@sigil/spec";
import type { ProgramBuffers } from "./buffers.ts";
import { bufferUsage } from "./flags.ts";
import type { WebGpuKernels } from "./pipelines.ts";
import type { GPUBuffer, GPUComputePassEncoder, GPUComputePipeline, GPUDevice } from "./gpu.ts";

export interface BoundLaunch {
  readonly kernel: string;
  readonly origins: readonly string[];
  /** Writes the sizes of a run, for the few kernels that need them. */
  prepare(symbols: Symbols): void;
  encode(pass: GPUComputePassEncoder, symbols: Symbols): void;
}

/** Binds launches to buffers. `own` collects what must be destroyed with the program. */
export function bindLaunches(
  device: GPUDevice,
  launches: readonly PlannedLaunch[],
  kernels: WebGpuKernels,
  pipelines: ReadonlyMap<string, GPUComputePipeline>,
  buffers: ProgramBuffers,
  own: GPUBuffer[],
): readonly BoundLaunch[] {
  return launches.map(({ kernel, operands, extents, origins }) => {
    const pipeline = pipelines.get(kernel)!;
    const { grid } = kernels[kernel]!;
    const sizes =
      extents.length > 0
        ? device.createBuffer({
            label: `${kernel} sizes`,
            size: 16,
            usage: bufferUsage.uniform | bufferUsage.copyTarget,
          })
        : undefined;
    if (sizes) own.push(sizes);
    const resources = [...operands.map(buffers.resolve), ...(sizes ? [{ buffer: sizes }] : [])];
    const group = device.createBindGroup({
      label: kernel,
      layout: pipeline.getBindGroupLayout(0),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
    return {
      kernel,
      origins,
      prepare(symbols) {
        if (sizes)
          device.queue.writeBuffer(
            sizes,
            0,
            Uint32Array.from([...extents, 0, 0, 0, 0].slice(0, 4), (extent) =>
              valueOf(extent, symbols),
            ),
          );
      },
      encode(pass, symbols) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        const [x, y = 1] = grid.map(({ of, per }) => Math.ceil(valueOf(of, symbols) / per));
        pass.dispatchWorkgroups(x!, y);
      },
    };
  });
}
