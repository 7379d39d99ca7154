/** Runs one launch of a model on a device with a given tuning, and measures its time. */
import {
  emitWebGpu,
  planProgram,
  readAndWritten,
  type KernelSet,
  type LoweredLaunch,
  type LoweredProgram,
  type Tuning,
  type Value,
} from "@sigil/compiler/internal";
import { uniform, valueOf } from "@sigil/runtime/internal";
import { createWebGpuProgram, type HeldDevice } from "@sigil/runtime-webgpu";
import type { TunedProblem } from "./tuned-problems.ts";

/** Uniform in [-1, 1), or bytes. */
function inputOf(
  name: string,
  value: Value,
  symbols: LoweredProgram["symbols"],
): Float32Array | Uint8Array {
  const values = uniform(
    name,
    value.shape.reduce<number>((n, extent) => n * valueOf(extent, symbols), 1),
    0,
  );
  return value.dtype === "uint8"
    ? Uint8Array.from(values, (u) => Math.floor(128 * (u + 1)))
    : values;
}

export interface LoadedKernel {
  /**
   * Runs it; its outputs, and microseconds a launch on the adapter, or on the clock where it has no
   * timestamps.
   */
  run(): Promise<{ readonly outputs: readonly Float32Array[]; readonly microseconds: number }>;
  dispose(): Promise<void>;
}

/** The launch alone, `repeat` times, with what it reads as inputs. */
function alone({ launch, program }: TunedProblem, repeat: number): LoweredProgram {
  const { read, written } = readAndWritten(launch.problem, launch.operands);
  const values = (operands: LoweredLaunch["operands"]) =>
    new Map(
      operands.flatMap((operand) =>
        operand.kind === "value" ? [[operand.value.id, operand.value] as const] : [],
      ),
    );
  return {
    name: program.name,
    symbols: program.symbols,
    init: [],
    launches: Array.from({ length: repeat }, () => launch),
    inputs: [...values(read)].map(([id, value]) => ({
      name: `${id}`,
      value,
      dtype: value.dtype === "uint8" ? "uint8" : "float32",
      origin: { pointer: "", path: "" },
    })),
    outputs: [...values(written)].map(([id, value]) => ({ name: `${id}`, value })),
    gathers: [],
    tensors: program.tensors,
  };
}

/**
 * Loads the kernel with synthetic weights and inputs, which are the same each time. Throws a
 * WebGpuError if the adapter refuses the kernel.
 */
export async function loadKernel(
  problem: TunedProblem,
  set: KernelSet,
  tuning: Tuning,
  held: HeldDevice,
  repeat: number,
): Promise<LoadedKernel> {
  const program = alone(problem, repeat);
  const { kernels, launches } = emitWebGpu(
    program.launches.map((launch) => ({ ...launch, symbols: program.symbols })),
    [set],
    { [set]: tuning } as Record<KernelSet, Tuning>,
  );
  const read = (name: string): Promise<Float32Array> =>
    Promise.resolve(
      uniform(
        name,
        program.tensors[name]!.reduce((a, b) => a * b, 1),
        0,
      ),
    );
  let profiled: number | undefined;
  const loaded = await createWebGpuProgram(
    planProgram(program, launches).planned,
    kernels[set],
    held,
    { readFloat32: read, readRowsFloat32: read },
    {
      onProfile: (_, times) =>
        (profiled = times.reduce((sum, { microseconds }) => sum + microseconds, 0)),
    },
  );
  const inputs = Object.fromEntries(
    program.inputs.map(({ name, value }) => [name, inputOf(name, value, program.symbols)]),
  );
  return {
    async run() {
      const begin = performance.now();
      const results = await loaded.run(inputs, program.symbols);
      const wall = 1000 * (performance.now() - begin);
      return {
        outputs: program.outputs.map(({ name }) => results[name]!.data as Float32Array),
        microseconds: (profiled ?? wall) / repeat,
      };
    },
    dispose: async () => loaded.dispose(),
  };
}
