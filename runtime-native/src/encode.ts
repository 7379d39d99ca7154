/**
 * A program of a plan and its kernels as the numbers that native/descriptor.cpp reads and checks.
 */
import { PlanError } from "@sigil/runtime";
import type {
  Extent,
  Location,
  NativeExpression,
  NativeKernel,
  NativeKernels,
  NativeRows,
  PlannedLaunch,
  PlannedProgram,
  PlannedWeight,
  Storage,
} from "@sigil/spec";
import { nativeOperations } from "@sigil/spec/native";
import { hasZeroPoints, isQuantized, numbersOf } from "@sigil/spec/shared";
import { descriptorVersion } from "./descriptor-version.ts";

/** As native/descriptor.cpp has it. */
const magic = 0x53474e41;
const families = { gemm: 0, dots: 1, attention: 2, row_reduce: 3, map: 4 };
const spaces = { arena: 0, constants: 1, weight: 2 };
const storages: readonly (Storage | "int8")[] = ["float32", "float16", "bfloat16", "int8"];
const rowKinds = ["rows", "patches", "byte_patches"] as const;
const indices = ["column", "element", "periodic", "scalar", "strided"] as const;
const reductions = ["layer_norm", "rms_norm", "l2_normalize", "mean"] as const;

/** Symbols in the order in which the addon takes them. */
export const symbolsOf = ({ symbols }: PlannedProgram): string[] => Object.keys(symbols);

/** What `init` computes lies before the weights. */
export const constantBytes = ({ weights, weightBytes }: PlannedProgram): number =>
  Math.min(weightBytes, ...weights.map(({ offset }) => offset));

/** Throws a PlanError for a kernel that is not there, or is another one than its launch takes. */
export function encodeProgram(program: PlannedProgram, kernels: NativeKernels): Float64Array {
  const words: number[] = [magic, descriptorVersion, program.arenaBytes, constantBytes(program)];
  const symbols = symbolsOf(program);
  words.push(symbols.length, ...symbols.map((symbol) => program.symbols[symbol]!));
  words.push(program.weights.length);
  const integers = integerWeights(program, kernels);
  for (const weight of program.weights)
    words.push(...encodeWeight(weight, integers.has(weight.offset)));
  const weights = new Map(program.weights.map(({ offset }, i) => [offset, i]));
  const encoder = new LaunchEncoder(words, symbols, weights, constantBytes(program));
  for (const launches of [program.init, program.launches]) {
    words.push(launches.length);
    for (const launch of launches) {
      const kernel = Object.hasOwn(kernels, launch.kernel) ? kernels[launch.kernel] : undefined;
      if (!kernel) throw PlanError.noKernel(launch.kernel);
      encoder.launch(launch, kernel);
    }
  }
  return Float64Array.from(words);
}

/** Offsets of the weights by which rows of integers are multiplied. */
function integerWeights(program: PlannedProgram, kernels: NativeKernels): Set<number> {
  const offsets = new Set<number>();
  const others = new Set<number>();
  for (const launch of [...program.init, ...program.launches]) {
    const kernel = Object.hasOwn(kernels, launch.kernel) ? kernels[launch.kernel] : undefined;
    const b = launch.operands[1];
    if (kernel?.family !== "gemm" || b?.space !== "weights") continue;
    (kernel.activations === "int8" ? offsets : others).add(b.offset);
  }
  for (const offset of offsets)
    if (others.has(offset))
      throw new PlanError("a weight is multiplied both by integers and by floats");
  return offsets;
}

function encodeWeight({ layout, rows, columns }: PlannedWeight, integers: boolean): number[] {
  const storage = layout.kind === "panels" ? layout.storage : "float32";
  const panels = layout.kind === "panels" ? 1 : 0;
  if (!isQuantized(storage)) {
    if (integers) throw new PlanError("integers are multiplied by a weight that is not int8");
    return [panels, indexOf(storages, storage), rows, columns, 0];
  }
  // Of 8 bits, codes are numbers.
  const numbers = numbersOf(storage) ?? Array.from({ length: 16 }, () => 0);
  const zeros = Number(hasZeroPoints(storage));
  const kept = indexOf(storages, integers ? "int8" : "float32");
  return [panels, kept, rows, columns, storage.bits, storage.group, zeros, ...numbers];
}

function indexOf<T>(list: readonly T[], item: T): number {
  const i = list.indexOf(item);
  if (i < 0) throw new PlanError(`the native backend does not know ${String(item)}`);
  return i;
}

class LaunchEncoder {
  readonly #words: number[];
  readonly #symbols: readonly string[];
  readonly #weights: ReadonlyMap<number, number>;
  readonly #constants: number;
  /** Operands of the launch that are still to be written. */
  #left: readonly Location[] = [];
  #kernel = "";

  constructor(
    words: number[],
    symbols: readonly string[],
    weights: ReadonlyMap<number, number>,
    constants: number,
  ) {
    this.#words = words;
    this.#symbols = symbols;
    this.#weights = weights;
    this.#constants = constants;
  }

  launch(launch: PlannedLaunch, kernel: NativeKernel): void {
    this.#left = launch.operands;
    this.#kernel = launch.kernel;
    switch (kernel.family) {
      case "gemm":
        if (kernel.b === "activation") this.#dots(kernel);
        else this.#gemm(kernel);
        break;
      case "attention":
        this.#attention(kernel);
        break;
      case "row_reduce":
        this.#rowReduce(kernel);
        break;
      case "map":
        this.#put(families.map);
        this.#extent(kernel.rows);
        this.#put(kernel.width);
        this.#expression(kernel);
        this.#rows(kernel.written ?? { stride: kernel.width, first: 0 });
        this.#place();
    }
    if (this.#left.length > 0) throw this.#mismatch();
  }

  #gemm(kernel: Extract<NativeKernel, { family: "gemm" }>): void {
    const { rows, columns, depth, a } = kernel;
    if (typeof columns !== "number") throw this.#mismatch();
    this.#put(families.gemm);
    this.#extent(rows);
    this.#put(columns, depth, indexOf(rowKinds, a.kind));
    if (a.kind === "rows") this.#put(a.stride);
    else this.#put(a.channels, a.height, a.width, a.patch, a.gridHeight, a.gridWidth);
    this.#place();
    const b = this.#next();
    const weight = b.space === "weights" ? this.#weights.get(b.offset) : undefined;
    if (weight === undefined) throw this.#mismatch();
    this.#put(weight);
    this.#expression(kernel);
    this.#place();
  }

  #dots(kernel: Extract<NativeKernel, { family: "gemm" }>): void {
    const { rows, columns, depth, a } = kernel;
    if (a.kind !== "rows") throw this.#mismatch();
    this.#put(families.dots);
    this.#extent(rows);
    this.#extent(columns);
    this.#put(depth, a.stride);
    this.#place();
    this.#place();
    this.#expression(kernel);
    this.#place();
  }

  #attention(a: Extract<NativeKernel, { family: "attention" }>): void {
    this.#put(families.attention);
    this.#extent(a.batch);
    this.#put(a.heads, a.headSize, a.queries, a.keys);
    this.#put(a.queryStride, a.keyStride, a.valueStride);
    this.#put(Number(a.sharedQuery), a.scale, Number(a.mask), Number(a.probabilities));
    const operands = 4 + Number(a.mask) + Number(a.probabilities);
    for (let i = 0; i < operands; i++) this.#place();
  }

  #rowReduce(r: Extract<NativeKernel, { family: "row_reduce" }>): void {
    const mask = r.mask ?? false;
    const parameters = this.#left.length - 2 - Number(mask);
    this.#put(families.row_reduce);
    this.#extent(r.rows);
    this.#put(indexOf(reductions, r.kind), r.width);
    if (r.kind === "mean") this.#put(r.reduced ?? 0);
    this.#put(r.epsilon, Number(mask), parameters);
    while (this.#left.length > 0) this.#place();
  }

  /** Its operands come before what is written. */
  #expression({ code, operands }: NativeExpression): void {
    this.#put(operands.length);
    for (const operand of operands) {
      this.#put(indexOf(indices, operand.index));
      if (operand.index === "periodic") this.#put(operand.period ?? 0);
      if (operand.index === "strided") this.#rows(operand);
      this.#place();
    }
    this.#put(code.length);
    for (const [operation, target, a, b, value = 0] of code)
      this.#put(indexOf(nativeOperations, operation), target, a, b, value);
  }

  #rows({ stride = 0, first = 0, lines, period = 0 }: Partial<NativeRows>): void {
    this.#put(stride, first, lines?.of ?? 0, lines?.stride ?? 0, period);
  }

  #extent(extent: Extent): void {
    if (typeof extent === "number") return this.#put(extent, 0);
    this.#put(extent.factor, extent.symbols.length);
    for (const symbol of extent.symbols) this.#put(indexOf(this.#symbols, symbol));
  }

  #place(): void {
    const { space, offset } = this.#next();
    if (space === "arena") return this.#put(spaces.arena, offset);
    if (offset < this.#constants) return this.#put(spaces.constants, offset);
    const weight = this.#weights.get(offset);
    if (weight === undefined) throw this.#mismatch();
    this.#put(spaces.weight, weight);
  }

  #next(): Location {
    const [next, ...left] = this.#left;
    if (!next) throw this.#mismatch();
    this.#left = left;
    return next;
  }

  #put(...words: number[]): void {
    this.#words.push(...words);
  }

  #mismatch(): PlanError {
    return new PlanError(
      `${this.#kernel} takes other operands: were the native kernels compiled with this plan?`,
    );
  }
}
