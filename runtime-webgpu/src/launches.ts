/** Launches with everything that encoding them takes: made once, so that a run only encodes. */
import { valueOf, type Symbols } from "@sigil/runtime/internal";
import type { ProgramBuffers } from "./buffers.ts";
import { bufferUsage } from "./flags.ts";
import type { MadeLaunch } from "./pipelines.ts";
import type { GPUComputePassEncoder, GPUDevice } from "./gpu.ts";

export interface BoundLaunch {
  readonly kernel: string;
  readonly origins: readonly string[];
  /** Writes the sizes of a run, for the few kernels that need them. */
  prepare(symbols: Symbols): void;
  encode(pass: GPUComputePassEncoder, symbols: Symbols): void;
}

/** Binds launches to buffers. */
export function bindLaunches(
  device: GPUDevice,
  launches: readonly MadeLaunch[],
  buffers: ProgramBuffers,
): readonly BoundLaunch[] {
  return launches.map(({ kernel, operands, extents, origins, grid, pipeline }) => {
    const sizes =
      extents.length > 0
        ? buffers.make(`${kernel} sizes`, 16, bufferUsage.uniform | bufferUsage.copyTarget)
        : undefined;
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
        const groups = ({ of, per }: (typeof grid)[0]) => Math.ceil(valueOf(of, symbols) / per);
        const [x, y] = grid;
        pass.dispatchWorkgroups(groups(x), y && groups(y));
      },
    };
  });
}
