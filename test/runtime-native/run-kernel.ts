/** Runs one problem on the native backend with random operands, beside its float64 meaning. */
import {
  emitNative,
  evaluateProblem,
  type GemmProblem,
  type Problem,
} from "@sigil/compiler/internal";
import { quantize, valueOf, type Symbols } from "@sigil/runtime/internal";
import { createNativeProgram } from "@sigil/runtime-native";
import { align, type PlannedProgram, type PlannedTensor } from "@sigil/spec";
import { packable } from "../../runtime/dist/weights/quantized/packable.js";
import {
  asBytes,
  asStored,
  errorOf,
  randomValues,
  readsBytes,
  sizes,
  storageOf,
} from "../compiler/backends/problems.ts";

export interface RunOptions {
  readonly symbols?: Symbols;
  readonly operands?: number;
  readonly threads?: number;
  readonly inputs?: readonly (Float32Array | undefined)[];
  /** How often it runs. */
  readonly times?: number;
}

export interface KernelRun {
  /** Each written operand and what it should hold. */
  readonly outputs: readonly { readonly actual: Float32Array; readonly expected: Float64Array }[];
  /** Of the fastest run. */
  readonly microseconds: number;
}

const operandCount = (problem: Problem): number =>
  problem.family !== "row_reduce"
    ? 0
    : problem.kind === "layer_norm"
      ? 4
      : problem.kind === "rms_norm"
        ? 3
        : 2;

/**
 * Operands lie in an arena that ends, with a page that nobody may touch, where the last one does,
 * so that a kernel that leaves it ends the process.
 */
export async function runKernel(problem: Problem, options: RunOptions = {}): Promise<KernelRun> {
  const { symbols = {}, operands = operandCount(problem), threads = 1, times = 1 } = options;
  const { counts, outputs } = sizes(problem, symbols, operands);
  const storage = storageOf(problem);
  const given = counts.map(
    (count, i) => options.inputs?.[i] ?? randomValues(count, 17 * i + count),
  );
  const values = given.map((data, i) => {
    if (i === 0 && readsBytes(problem)) return Float32Array.from(asBytes(data));
    return i === 1 && storage ? asStored(data, (problem as GemmProblem).depth, storage) : data;
  });
  const first = counts.length - outputs;
  const places: number[] = [];
  let end = 0;
  counts.forEach((count, i) => {
    if (i === 1 && storage) return;
    places[i] = end;
    end += align(4 * count);
  });
  const last = counts.length - 1;
  const tensor = (i: number): PlannedTensor => ({
    name: `operand${i}`,
    dtype: i === 0 && readsBytes(problem) ? "uint8" : "float32",
    shape: [counts[i]!],
    location: { space: "arena", offset: places[i]! },
  });
  const numbers = counts.map((_, i) => i);
  const gemm = problem as GemmProblem;
  const program: PlannedProgram = {
    name: "test",
    symbols,
    inputs: numbers.filter((i) => i < first && places[i] !== undefined).map(tensor),
    outputs: numbers.filter((i) => i >= first).map(tensor),
    weights: storage
      ? [
          {
            offset: 0,
            bytes: 4 * counts[1]!,
            rows: valueOf(gemm.columns, symbols),
            columns: gemm.depth,
            layout: { kind: "panels", width: 8, storage },
            parts: [{ tensor: "b", begin: 0, end: valueOf(gemm.columns, symbols) }],
          },
        ]
      : [],
    weightBytes: storage ? 4 * counts[1]! : 0,
    arenaBytes: places[last]! + 4 * counts[last]!,
    scratchBytes: 0,
    gathers: [],
    init: [],
    launches: [
      {
        kernel: "kernel",
        operands: numbers.map((i) =>
          places[i] === undefined
            ? { space: "weights", offset: 0 }
            : { space: "arena", offset: places[i]! },
        ),
        extents: [],
        origins: [],
      },
    ],
    flops: 0,
  };
  const kernels = emitNative([problem], ["kernel"]);
  if (!kernels) throw new Error("the native backend has no kernel for it");
  const read = async (): Promise<Float32Array> => values[1]!;
  let microseconds = Infinity;
  const loaded = await createNativeProgram(
    program,
    kernels,
    {
      readFloat32: read,
      readRowsFloat32: read,
      readQuantized: async (_, asked) => packable(quantize(given[1]!, gemm.depth, asked), asked),
    },
    {
      threads,
      onProfile: (_, [launch]) => (microseconds = Math.min(microseconds, launch!.microseconds)),
    },
  );
  try {
    const inputs = Object.fromEntries(
      program.inputs.map(({ name, dtype }) => {
        const data = values[Number(name.slice("operand".length))]!;
        return [name, dtype === "uint8" ? Uint8Array.from(data) : data];
      }),
    );
    for (let i = 1; i < times; i++) await loaded.run(inputs, symbols);
    const results = await loaded.run(inputs, symbols);
    const arrays = values.map((data, i) =>
      i < first ? Float64Array.from(data) : new Float64Array(counts[i]!),
    );
    evaluateProblem(problem, arrays, symbols);
    return {
      outputs: program.outputs.map(({ name }, i) => ({
        actual: results[name]!.data,
        expected: arrays[first + i]!,
      })),
      microseconds,
    };
  } finally {
    await loaded.dispose();
  }
}

export async function kernelError(problem: Problem, options: RunOptions = {}): Promise<number> {
  return Math.max(...(await runKernel(problem, options)).outputs.map(errorOf));
}
