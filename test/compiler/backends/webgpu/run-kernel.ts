/** Runs one problem's shader on random operands, beside its float64 meaning. */
import {
  emitWebGpu,
  evaluateProblem,
  planProgram,
  type KernelSet,
  type LoweredOperand,
  type LoweredProgram,
  type Problem,
  type Tuning,
} from "@sigil/compiler/internal";
import { quantize, valueOf, type Symbols } from "@sigil/runtime/internal";
import { createWebGpuProgram, DeviceHolder } from "@sigil/runtime-webgpu";
import { packable } from "../../../../runtime/dist/weights/quantized/packable.js";
import { gpu } from "../../../support/webgpu.ts";
import {
  asBytes,
  asStored,
  errorOf,
  randomValues,
  readsBytes,
  sizes,
  storageOf,
} from "../problems.ts";

/**
 * A driver compiles for one device at a time, so that tests that run beside each other take
 * several.
 */
const holders = [0, 1].map(() => new DeviceHolder([], gpu ? { gpu } : {}));
let next = 0;

interface KernelOptions {
  readonly symbols?: Symbols;
  /** The largest sizes, for which memory is planned; by default those of the run. */
  readonly planned?: Symbols;
  readonly operands?: number;
  /** The set of kernels, of which the device must have the features; "desktop" by default. */
  readonly adapter?: KernelSet;
  /** Instead of what the compiler knows of every set. */
  readonly tunings?: Readonly<Record<KernelSet, Tuning>>;
  readonly inputs?: readonly (Float32Array | undefined)[];
}

/**
 * Whether operand `i` is a weight: B and what a Gemm's epilogue or a norm takes beside activations.
 */
function isWeight(problem: Problem, i: number, last: number): boolean {
  if (i === 0 || i >= last) return false;
  if (problem.family === "gemm")
    return i === 1
      ? problem.b.kind === "weight"
      : problem.epilogueOperands[i - 2]!.index !== "element";
  if (problem.family === "row_reduce") return !problem.mask;
  return problem.family === "map" && !["element", "strided"].includes(problem.operands[i]!.index);
}

/**
 * Its operands in order, rounded as they are stored, and what the shader made of them: the last
 * `outputs.length` operands.
 */
export interface KernelRun {
  readonly operands: readonly Float32Array[];
  readonly outputs: readonly Float32Array[];
}

/** Runs the problem on the operands given, and random ones for the others. */
export async function runKernel(problem: Problem, options: KernelOptions = {}): Promise<KernelRun> {
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
  const planned = sizes(problem, options.planned ?? symbols, operandCount).counts;
  const firstOutput = counts.length - outputs;
  const storage = storageOf(problem);
  const depth = problem.family === "gemm" ? problem.depth : 1;
  const given = counts.map(
    (count, i) => options.inputs?.[i] ?? randomValues(count, 17 * i + count),
  );
  const values = given.map((data, i) => {
    if (i === 0 && readsBytes(problem)) return Float32Array.from(asBytes(data));
    return i === 1 && storage ? asStored(data, depth, storage) : data;
  });
  const columns = problem.family === "gemm" ? valueOf(problem.columns, symbols) : 1;
  const shape = (i: number): [number, number] =>
    problem.family === "gemm" && i === 1 ? [columns, depth] : [1, counts[i]!];
  const operands = counts.map((_, i): LoweredOperand => {
    const [rows, width] = shape(i);
    if (isWeight(problem, i, firstOutput))
      return {
        kind: "weight",
        rows,
        columns: width,
        parts: [{ tensor: `w${i}`, begin: 0, end: rows }],
      };
    return {
      kind: "value",
      value: {
        id: i,
        dtype: i === 0 && readsBytes(problem) ? "uint8" : "float32",
        shape: [planned[i]!],
      },
      offset: 0,
    };
  });
  const named = operands.flatMap((operand, i) =>
    operand.kind === "value" ? [{ name: `t${i}`, value: operand.value, i }] : [],
  );
  const program: LoweredProgram = {
    name: "test",
    symbols: options.planned ?? symbols,
    init: [],
    launches: [{ problem, operands, origins: ["test"] }],
    inputs: named
      .filter(({ i }) => i < firstOutput)
      .map(({ name, value }) => ({
        name,
        value,
        dtype: value.dtype === "uint8" ? ("uint8" as const) : ("float32" as const),
        origin: { pointer: "", path: name },
      })),
    outputs: named.filter(({ i }) => i >= firstOutput),
    gathers: [],
    tensors: {},
  };
  const adapter = options.adapter ?? "desktop";
  const { kernels, launches } = emitWebGpu(
    [{ ...program.launches[0]!, symbols: program.symbols }],
    [adapter],
    options.tunings,
  );
  const read = (name: string): Promise<Float32Array> =>
    Promise.resolve((name === "w1" ? given : values)[Number(name.slice(1))]!);
  const loaded = await createWebGpuProgram(
    planProgram(program, launches).planned,
    kernels[adapter],
    await holders[next++ % holders.length]!.get(),
    {
      readFloat32: read,
      readRowsFloat32: read,
      readQuantized: async (name, stored) =>
        packable(quantize(await read(name), depth, stored), stored),
    },
  );
  try {
    const inputs = Object.fromEntries(
      program.inputs.map(({ name, value }) => {
        const padded = new (value.dtype === "uint8" ? Uint8Array : Float32Array)(
          value.shape[0] as number,
        );
        padded.set(values[value.id]!);
        return [name, padded];
      }),
    );
    const results = await loaded.run(inputs, symbols);
    return {
      operands: values.slice(0, firstOutput),
      outputs: program.outputs.map(
        ({ name, value }) => results[name]!.data.subarray(0, counts[value.id]) as Float32Array,
      ),
    };
  } finally {
    await loaded.dispose();
  }
}

/**
 * The worst error of its outputs, as a part of the largest expected magnitude; infinite for NaN.
 */
export async function kernelError(problem: Problem, options: KernelOptions = {}): Promise<number> {
  const { operands, outputs } = await runKernel(problem, options);
  const expected = outputs.map(({ length }) => new Float64Array(length));
  evaluateProblem(
    problem,
    [...operands.map((data) => Float64Array.from(data)), ...expected],
    options.symbols ?? {},
  );
  return Math.max(...outputs.map((actual, i) => errorOf({ actual, expected: expected[i]! })));
}
