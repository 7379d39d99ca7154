/**
 * Runs problems' portable kernels in the emulator on random operands, beside their float64 meaning.
 */
import {
  emitCuda,
  evaluateProblem,
  operandsOf,
  type GemmProblem,
  type LoweredOperand,
  type Problem,
  type ValueType,
} from "@sigil/compiler/internal";
import { roundToStorage, valueOf, type Symbols } from "@sigil/runtime/internal";
import { isQuantized, type Storage, type WeightLayout } from "@sigil/spec";
import {
  narrowBfloat16,
  narrowFloat16,
  widenBfloat16,
  widenFloat16,
} from "../../runtime/dist/weights/float16.js";
import {
  asBytes,
  asStored,
  errorOf,
  packedMatrix,
  randomValues,
  readsBytes,
  sizes,
  storageOf,
} from "../compiler/backends/problems.ts";
import { EmulatedModule } from "./emulated.ts";

export interface KernelCase {
  readonly problem: Problem;
  /** Of values, unless `types` says otherwise; masks and probabilities are float32. */
  readonly storage?: Storage;
  readonly types?: Readonly<Record<number, ValueType>>;
  readonly symbols?: Symbols;
  /**
   * The largest sizes, for which tiles are chosen and memory is planned; by default those of the
   * run.
   */
  readonly planned?: Symbols;
  readonly operands?: number;
  readonly inputs?: readonly (Float32Array | undefined)[];
  /** Elements by which operands lie inside their values. */
  readonly offsets?: Readonly<Record<number, number>>;
  /** Of the emulator's schedule. */
  readonly seeds?: readonly number[];
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

const bytesOf = (type: ValueType): number =>
  type === "uint8" ? 1 : type === "float16" || type === "bfloat16" ? 2 : 4;

function encode(
  values: Float32Array,
  type: ValueType,
  problem: Problem,
  layout: WeightLayout | undefined,
): Uint8Array {
  if (layout?.kind === "panels" && problem.family === "gemm") {
    return packedMatrix(values, {
      ...layout,
      rows: values.length / problem.depth,
      columns: problem.depth,
      panelColumns: layout.columns ?? problem.depth,
    });
  }
  if (type === "uint8") return Uint8Array.from(values);
  if (type === "int32") return new Uint8Array(Int32Array.from(values).buffer);
  const data =
    type === "float16"
      ? narrowFloat16(values)
      : type === "bfloat16"
        ? narrowBfloat16(values)
        : values;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
function decode(bytes: Uint8Array, type: ValueType): Float32Array {
  const copy = bytes.slice();
  if (type === "float32" || type === "int32") return new Float32Array(copy.buffer);
  return type === "float16"
    ? widenFloat16(new Uint16Array(copy.buffer))
    : widenBfloat16(new Uint16Array(copy.buffer));
}

const isMatrix = (layout: WeightLayout | undefined): boolean => layout?.kind === "panels";

function prepare(given: KernelCase) {
  const { problem, storage = "float32" } = given;
  const symbols = given.symbols ?? {};
  const operandCount =
    given.operands ??
    (problem.family !== "row_reduce"
      ? 0
      : problem.kind === "layer_norm"
        ? 4
        : problem.kind === "rms_norm"
          ? 3
          : 2);
  const { counts, outputs } = sizes(problem, symbols, operandCount);
  const planned = sizes(problem, given.planned ?? symbols, operandCount).counts;
  const firstOutput = counts.length - outputs;
  const exact = (i: number): boolean =>
    (problem.family === "attention" &&
      ((problem.mask && i === 3) || (problem.probabilities && i === counts.length - 1))) ||
    (problem.family === "row_reduce" && problem.mask === true && i === 1);
  const operands = counts.map((_, i): LoweredOperand => {
    if (isWeight(problem, i, firstOutput)) {
      const [rows, columns] =
        problem.family === "gemm" && i === 1
          ? [valueOf(problem.columns, symbols), problem.depth]
          : [1, counts[i]!];
      return { kind: "weight", rows, columns, parts: [{ tensor: `w${i}`, begin: 0, end: rows }] };
    }
    const dtype =
      given.types?.[i] ??
      (i === 0 && readsBytes(problem) ? "uint8" : exact(i) ? "float32" : storage);
    return {
      kind: "value",
      value: { id: i, dtype, shape: [planned[i]!] },
      offset: given.offsets?.[i] ?? 0,
    };
  });
  const types = operandsOf(problem, operands).map(({ type }) => type);
  const unstored = counts.map(
    (count, i) => given.inputs?.[i] ?? randomValues(count, 17 * i + count),
  );
  const values = unstored.map((data, i) => {
    const type = types[i]!;
    const stored = storageOf(problem);
    if (i === 1 && stored && isQuantized(stored))
      return asStored(data, (problem as GemmProblem).depth, stored);
    if (type === "uint8") return Float32Array.from(asBytes(data));
    return type === "float16" || type === "bfloat16"
      ? data.map((x) => roundToStorage(x, type))
      : data;
  });
  return {
    ...given,
    problem,
    symbols,
    largest: given.planned ?? symbols,
    counts,
    planned,
    firstOutput,
    operands,
    types,
    values,
    unstored,
  };
}

/**
 * The worst error of each case's outputs, as a part of the largest expected magnitude; infinite for
 * NaN. Throws when a kernel faults or writes outside its outputs.
 */
export async function kernelErrors(
  cases: readonly KernelCase[],
  options: { readonly checked?: boolean } = {},
): Promise<number[]> {
  const prepared = cases.map(prepare);
  const { sources, kernels, launches } = emitCuda(
    prepared.map(({ problem, operands, largest }) => ({
      problem,
      operands,
      origins: ["test"],
      symbols: largest,
    })),
  );
  // A handful of kernels a unit: each alone would read the headers again.
  const files = Object.entries(sources.portable);
  const units = Object.fromEntries(
    Array.from({ length: Math.ceil(files.length / 6) }, (_, i) => [
      `unit_${i}`,
      files
        .slice(6 * i, 6 * i + 6)
        .map(([, text]) => text)
        .join("\n"),
    ]),
  );
  const module = await EmulatedModule.build(units, options);
  return prepared.map(
    (
      {
        problem,
        symbols,
        counts,
        planned,
        firstOutput,
        types,
        values,
        unstored,
        offsets,
        seeds = [0, 1],
      },
      index,
    ) => {
      const { name, extents, layouts } = launches[index]!;
      const { grid, threads, sharedBytes } = kernels.portable[name]!;
      const arrays = values.map((data, i) =>
        i < firstOutput ? Float64Array.from(data) : new Float64Array(counts[i]!),
      );
      evaluateProblem(problem, arrays, symbols);
      return Math.max(
        ...seeds.map((seed) => {
          const memory = values.map((data, i) => {
            const before = (offsets?.[i] ?? 0) * bytesOf(types[i]!);
            const bytes = before + planned[i]! * bytesOf(types[i]!);
            const encoded =
              i < firstOutput
                ? encode(isMatrix(layouts[i]) ? unstored[i]! : data, types[i]!, problem, layouts[i])
                : undefined;
            const place = module.allocate(
              Math.max(bytes, before + (encoded?.length ?? counts[i]! * bytesOf(types[i]!))),
            );
            if (encoded) place.bytes.set(encoded, before);
            else place.bytes.fill(0xab);
            return { place, before };
          });
          module.launch(name, {
            grid: grid.map(({ of, per }) => Math.ceil(valueOf(of, symbols) / per)),
            threads,
            sharedBytes,
            seed,
            parameters: [
              ...memory.map(({ place, before }) => place.address + BigInt(before)),
              ...extents.map((extent) => valueOf(extent, symbols)),
            ],
          });
          const errors = memory.slice(firstOutput).map(({ place }, i) => {
            const [type, count] = [types[firstOutput + i]!, counts[firstOutput + i]!];
            const actual = decode(place.bytes.subarray(0, count * bytesOf(type)), type);
            if (!place.bytes.subarray(count * bytesOf(type)).every((byte) => byte === 0xab))
              throw new Error(`${name} wrote past the rows of its run: ${JSON.stringify(problem)}`);
            return errorOf({ actual, expected: arrays[firstOutput + i]! });
          });
          for (const { place } of memory) place.free();
          return Math.max(...errors);
        }),
      );
    },
  );
}
