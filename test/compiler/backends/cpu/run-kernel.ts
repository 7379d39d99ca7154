/** Runs one problem's emitted kernel on random operands, beside its float64 meaning. */
import { evaluateProblem, type GemmProblem, type Problem } from "@sigil/compiler";
import type { Extent, Storage } from "@sigil/spec";
import { emitCpu, type CpuKernel } from "../../../../compiler/dist/backends/cpu/index.js";
import { packPanels, roundToStorage } from "../../../../runtime-cpu/dist/index.js";

export type Symbols = Readonly<Record<string, number>>;

export const valueOf = (extent: Extent, symbols: Symbols): number => (typeof extent === "number" ? extent : extent.symbols.reduce((product, symbol) => product * symbols[symbol]!, extent.factor));

/** A small reproducible generator (mulberry32), uniform in [-1, 1). */
export function randomValues(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

/** Elements of each operand, outputs last; `outputs` of them are written. */
function sizes(problem: Problem, symbols: Symbols, operandCount: number): { counts: number[]; outputs: number } {
  switch (problem.family) {
    case "gemm": {
      const [rows, columns] = [valueOf(problem.rows, symbols), valueOf(problem.columns, symbols)];
      const { a } = problem;
      const input = a.kind === "rows" ? (rows - 1) * a.stride + problem.depth : Math.ceil(rows / (a.gridHeight * a.gridWidth)) * a.channels * a.height * a.width;
      const extra = problem.epilogueOperands.map((o) => (o.index === "scalar" ? 1 : o.index === "column" ? columns : o.index === "element" ? rows * columns : o.period! * columns));
      return { counts: [input, columns * problem.depth, ...extra, rows * columns], outputs: 1 };
    }
    case "attention": {
      const [batch, width] = [valueOf(problem.batch, symbols), problem.heads * problem.headSize];
      const span = (rows: number, stride: number) => (rows - 1) * stride + width;
      return {
        counts: [
          span((problem.sharedQuery ? 1 : batch) * problem.queries, problem.queryStride),
          span(batch * problem.keys, problem.keyStride),
          span(batch * problem.keys, problem.valueStride),
          ...(problem.mask ? [batch * problem.keys] : []),
          batch * problem.queries * width,
          ...(problem.probabilities ? [batch * problem.heads * problem.queries * problem.keys] : []),
        ],
        outputs: problem.probabilities ? 2 : 1,
      };
    }
    case "row_reduce": {
      const rows = valueOf(problem.rows, symbols);
      return { counts: [rows * problem.width * (problem.reduced ?? 1), ...Array.from({ length: operandCount - 2 }, () => problem.width), rows * problem.width], outputs: 1 };
    }
    case "map": {
      const rows = valueOf(problem.rows, symbols);
      const count = (o: (typeof problem.operands)[number]) =>
        o.index === "strided" ? (rows - 1) * o.stride + o.first + problem.width : o.index === "scalar" ? 1 : o.index === "column" ? problem.width : o.index === "element" ? rows * problem.width : o.period! * problem.width;
      return { counts: [...problem.operands.map(count), rows * problem.width], outputs: 1 };
    }
  }
}

const storageOf = (problem: Problem): Storage | undefined => (problem.family === "gemm" && problem.b.kind === "weight" ? problem.b.storage : undefined);

export interface KernelRun {
  readonly kernel: CpuKernel;
  readonly wat: string;
  /** Each written operand and what it should hold. */
  readonly outputs: readonly { readonly actual: Float32Array; readonly expected: Float64Array }[];
}

/** `split` runs the units in two calls. Every operand is followed by a guard of NaN, which must be neither used nor overwritten. */
export async function runKernel(problem: Problem, options: { symbols?: Symbols; operands?: number; split?: boolean; inputs?: readonly (Float32Array | undefined)[] } = {}): Promise<KernelRun> {
  const symbols = options.symbols ?? {};
  const operandCount = options.operands ?? (problem.family !== "row_reduce" ? 0 : problem.kind === "layer_norm" ? 4 : problem.kind === "rms_norm" ? 3 : 2);
  const { counts, outputs } = sizes(problem, symbols, operandCount);
  const { wasm, wat, kernels } = await emitCpu([{ problem, origins: ["test"], operands: { length: counts.length } }], { relaxed: false, sharedMemory: false });
  const kernel = kernels[0]!;
  const storage = storageOf(problem);
  const values = counts.map((count, i) => {
    const data = options.inputs?.[i] ?? randomValues(count, 17 * i + count);
    return i === 1 && storage ? data.map((x) => roundToStorage(x, storage)) : data;
  });

  const guard = 64;
  const panelBytes = storage ? Math.ceil(valueOf((problem as GemmProblem).columns, symbols) / 8) * 8 * (problem as GemmProblem).depth * 4 : 0;
  let end = 256;
  const pointers = counts.map((count, i) => {
    const pointer = end;
    end += 4 * Math.ceil(((i === 1 && storage ? panelBytes / 4 : count) + guard) / 4) * 4;
    return pointer;
  });
  const scratch = Math.ceil(end / 64) * 64;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((scratch + kernel.scratchBytes + 4096) / 65536) });
  new Float32Array(memory.buffer).fill(NaN);
  pointers.forEach((pointer, i) => {
    if (i === 1 && storage) packPanels(memory.buffer, pointer, values[i]!, { rows: valueOf((problem as GemmProblem).columns, symbols), columns: (problem as GemmProblem).depth, width: 8, storage });
    else if (i < counts.length - outputs) new Float32Array(memory.buffer, pointer, counts[i]).set(values[i]!);
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm as BufferSource), { env: { memory } });
  const run = instance.exports[kernel.name] as (...args: number[]) => void;
  const units = Math.ceil(valueOf(kernel.units.of, symbols) / kernel.units.per);
  const extents = kernel.extents.map((extent) => valueOf(extent, symbols));
  const cuts = options.split ? [0, Math.floor(units / 2), units] : [0, units];
  for (let i = 1; i < cuts.length; i++) run(...pointers, ...extents, scratch, cuts[i - 1]!, cuts[i]!);

  const arrays = values.map((data, i) => (i < counts.length - outputs ? Float64Array.from(data) : new Float64Array(counts[i]!)));
  evaluateProblem(problem, arrays, symbols);
  const firstOutput = counts.length - outputs;
  return {
    kernel,
    wat,
    outputs: counts.slice(firstOutput).map((count, i) => {
      const after = new Float32Array(memory.buffer, pointers[firstOutput + i]! + 4 * count, guard);
      if (!after.every(Number.isNaN)) throw new Error("the kernel wrote past its output");
      return { actual: new Float32Array(memory.buffer, pointers[firstOutput + i], count).slice(), expected: arrays[firstOutput + i]! };
    }),
  };
}

/** Largest difference as a part of the largest expected magnitude; NaN anywhere in the result is infinite. */
export function errorOf({ actual, expected }: { readonly actual: ArrayLike<number>; readonly expected: ArrayLike<number> }): number {
  let [difference, size] = [0, 1e-30];
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Number.isNaN(actual[i]!) ? Infinity : Math.abs(actual[i]! - expected[i]!));
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return difference / size;
}

export async function kernelError(problem: Problem, options: Parameters<typeof runKernel>[1] = {}): Promise<number> {
  return Math.max(...(await runKernel(problem, options)).outputs.map(errorOf));
}
