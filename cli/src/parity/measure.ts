/**
 * Runs the oracle and each backend on the same inputs, and compares them after every fused kernel.
 */
import {
  evaluateLowered,
  lowerSpec,
  withTaps,
  type LoweredProgram,
} from "@sigil/compiler/internal";
import { uniform, valueOf, type HostData, type WeightSource } from "@sigil/runtime/internal";
import { entryOf, type ModelSpec } from "@sigil/spec";
import type { Options, ProgramLoader } from "../backends/backend.ts";
import { backendOf } from "../backends/ways.ts";
import { storedWeights } from "../stored-weights.ts";

/** The errors of one kernel of one program. */
export interface ParityRow {
  readonly program: string;
  readonly launch: number;
  readonly family: string;
  /** Transformers' module paths. */
  readonly origins: readonly string[];
  /**
   * Per backend, the largest difference from the oracle over max(1, the largest magnitude). NaN if
   * anything is.
   */
  readonly errors: Readonly<Record<string, number>>;
}

/** The error of a backend in a row in which it was measured. */
export const errorOf = ({ errors }: ParityRow, backend: string): number => errors[backend] ?? NaN;

type Inputs = Readonly<Record<string, HostData>>;

/**
 * Uniform in [-1, 1) by name, as the project's synthetic tensors are, or whole from 0 to 255 where
 * bytes are wanted; ids below the rows of their table.
 */
function inputsOf({ inputs, gathers, tensors, symbols }: LoweredProgram, seed: number): Inputs {
  return Object.fromEntries(
    inputs.map(({ name, value, dtype, default: absent }) => {
      const shape = value.shape.map((extent) => valueOf(extent, symbols));
      const count = shape.reduce((a, b) => a * b, 1);
      if (absent === "positions")
        return [name, Int32Array.from({ length: count }, (_, i) => i % shape.at(-1)!)];
      if (absent === "zeros")
        return [name, dtype === "int32" ? new Int32Array(count) : new Float32Array(count)];
      const values = uniform(`input.${name}`, count, seed);
      if (dtype === "uint8")
        return [name, Uint8Array.from(values, (u) => Math.floor(((u + 1) / 2) * 256))];
      const table = gathers.find(({ input }) => input === name)?.table;
      const rows = table === undefined ? 1 : tensors[table]![0]!;
      return [
        name,
        dtype === "int32"
          ? Int32Array.from(values, (u) => Math.min(rows - 1, Math.floor(((u + 1) / 2) * rows)))
          : values,
      ];
    }),
  );
}

/** The largest difference over max(1, the largest expected magnitude); NaN if any value is. */
export function parityError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [worst, largest] = [0, 1];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(difference)) return NaN;
    worst = Math.max(worst, difference);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return worst / largest;
}

/**
 * One picture and one text through every program. `report` counts programs times backends, the
 * oracle among them.
 */
export async function measureParity(
  spec: ModelSpec,
  weights: WeightSource,
  backends: readonly string[],
  seed: number,
  report: (done: number, total: number) => void,
  options: Options = {},
): Promise<ParityRow[]> {
  const programs = lowerSpec({ ...spec, batch: { image: 1, text: 1 } }).map(({ lowered }) =>
    withTaps(lowered),
  );
  const total = programs.length * (backends.length + 1);
  let done = 0;
  const rows: ParityRow[] = [];
  const loaders: (readonly [string, ProgramLoader])[] = [];
  try {
    for (const backend of backends) {
      const { openLoader } = await backendOf(backend).load();
      loaders.push([backend, await openLoader(backend, spec, options)]);
    }
    for (const program of programs) {
      const inputs = inputsOf(program, seed);
      const tensors = await storedWeights(program, weights);
      const expected = evaluateLowered(
        program,
        inputs,
        (name) => entryOf(tensors, name, "tensor"),
        program.symbols,
      );
      report(++done, total);
      const errors = program.launches.map((): Record<string, number> => ({}));
      for (const [backend, loader] of loaders) {
        const loaded = await loader.load(program, weights);
        try {
          const outputs = await loaded.run(inputs, program.symbols);
          for (const [name, { data }] of Object.entries(outputs)) {
            const row = errors[Number.parseInt(name, 10)]!;
            const error = parityError(data, expected[name]!);
            // Of a launch that writes more than one thing, the worst; Math.max keeps NaN.
            row[backend] = Math.max(row[backend] ?? 0, error);
          }
        } finally {
          await loaded.dispose();
        }
        report(++done, total);
      }
      program.launches.forEach(({ problem, origins }, launch) =>
        rows.push({
          program: program.name,
          launch,
          family: problem.family,
          origins,
          errors: errors[launch]!,
        }),
      );
    }
  } finally {
    for (const [, loader] of loaders) await loader.close();
  }
  return rows;
}
