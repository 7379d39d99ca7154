/** Runs one problem's emitted kernel on random operands, beside its float64 meaning. */
import { evaluateProblem, type GemmProblem, type Problem } from "@sigil/compiler/internal";
import { emitCpu, type CpuKernel } from "../../../../compiler/dist/backends/cpu/index.js";
import {
  asBytes,
  asStored,
  errorOf,
  packedMatrix,
  randomValues,
  readsBytes,
  sizes,
  storageOf,
} from "../problems.ts";
import { valueOf, type Symbols } from "@sigil/runtime/internal";

export interface KernelRun {
  readonly kernel: CpuKernel;
  readonly wat: string;
  /** Each written operand and what it should hold. */
  readonly outputs: readonly { readonly actual: Float32Array; readonly expected: Float64Array }[];
  /** Processor time of the fastest run. */
  readonly microseconds: number;
}

/**
 * `split` runs the units in two calls, `times` says how often they run. Every operand is followed
 * by a guard of NaN, which must be neither used nor overwritten.
 */
export async function runKernel(
  problem: Problem,
  options: {
    symbols?: Symbols;
    operands?: number;
    split?: boolean;
    times?: number;
    inputs?: readonly (Float32Array | undefined)[];
  } = {},
): Promise<KernelRun> {
  const symbols = options.symbols ?? {};
  const operandCount =
    options.operands ??
    (problem.family !== "row_reduce"
      ? 0
      : problem.kind === "layer_norm"
        ? 4
        : problem.kind === "rms_norm"
          ? 3
          : 2);
  const { counts, outputs } = sizes(problem, symbols, operandCount);
  const { wasm, wat, kernels } = await emitCpu(
    [{ problem, origins: ["test"], operands: { length: counts.length } }],
    { relaxed: false, sharedMemory: false },
  );
  const kernel = kernels[0]!;
  const storage = storageOf(problem);
  const given = counts.map(
    (count, i) => options.inputs?.[i] ?? randomValues(count, 17 * i + count),
  );
  const { depth } = problem as GemmProblem;
  const values = given.map((data, i) => {
    if (i === 0 && readsBytes(problem)) return Float32Array.from(asBytes(data));
    return i === 1 && storage ? asStored(data, depth, storage) : data;
  });
  const packed =
    storage &&
    packedMatrix(given[1]!, {
      rows: valueOf((problem as GemmProblem).columns, symbols),
      columns: depth,
      width: 8,
      storage,
    });

  const guard = 64;
  let end = 256;
  const pointers = counts.map((count, i) => {
    const pointer = end;
    end += 4 * Math.ceil(((i === 1 && packed ? packed.length / 4 : count) + guard) / 4) * 4;
    return pointer;
  });
  const scratch = Math.ceil(end / 64) * 64;
  const memory = new WebAssembly.Memory({
    initial: Math.ceil((scratch + kernel.scratchBytes + 4096) / 65536),
  });
  new Float32Array(memory.buffer).fill(NaN);
  pointers.forEach((pointer, i) => {
    if (i === 1 && packed) new Uint8Array(memory.buffer, pointer, packed.length).set(packed);
    else if (i === 0 && readsBytes(problem))
      new Uint8Array(memory.buffer, pointer, counts[i]).set(values[i]!);
    else if (i < counts.length - outputs)
      new Float32Array(memory.buffer, pointer, counts[i]).set(values[i]!);
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm as BufferSource), {
    env: { memory },
  });
  const run = instance.exports[kernel.name] as (...args: number[]) => void;
  const units = Math.ceil(valueOf(kernel.units.of, symbols) / kernel.units.per);
  const extents = kernel.extents.map((extent) => valueOf(extent, symbols));
  const cuts = options.split ? [0, Math.floor(units / 2), units] : [0, units];
  let microseconds = Infinity;
  for (let time = 0; time < (options.times ?? 1); time++) {
    const begin = process.cpuUsage();
    for (let i = 1; i < cuts.length; i++)
      run(...pointers, ...extents, scratch, cuts[i - 1]!, cuts[i]!);
    const { user, system } = process.cpuUsage(begin);
    microseconds = Math.min(microseconds, user + system);
  }

  const arrays = values.map((data, i) =>
    i < counts.length - outputs ? Float64Array.from(data) : new Float64Array(counts[i]!),
  );
  evaluateProblem(problem, arrays, symbols);
  const firstOutput = counts.length - outputs;
  return {
    kernel,
    wat,
    microseconds,
    outputs: counts.slice(firstOutput).map((count, i) => {
      const after = new Float32Array(memory.buffer, pointers[firstOutput + i]! + 4 * count, guard);
      if (!after.every(Number.isNaN)) throw new Error("the kernel wrote past its output");
      return {
        actual: new Float32Array(memory.buffer, pointers[firstOutput + i], count).slice(),
        expected: arrays[firstOutput + i]!,
      };
    }),
  };
}

export async function kernelError(
  problem: Problem,
  options: Parameters<typeof runKernel>[1] = {},
): Promise<number> {
  return Math.max(...(await runKernel(problem, options)).outputs.map(errorOf));
}
