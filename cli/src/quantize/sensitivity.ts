/** Measures how much each part of a model costs in 4 bits, one part at a time. */
import { emitCpu, lowerSpec, planProgram, type LoweredProgram } from "@sigil/compiler/internal";
import type { WeightReader } from "@sigil/runtime/internal";
import { createProgram } from "@sigil/runtime-cpu";
import { fitsPattern, type ModelSpec } from "@sigil/spec";
import type { OpenModel } from "../session.ts";
import type { Matrix } from "./find-matrices.ts";
import { cosines } from "./measure.ts";
import { inputsOf, noiseFor, samplesOf, towerOf, type CalibrationSamples } from "./samples.ts";
import type { Given } from "./samples.ts";

/** Matrices that go to 8 bits together: a layer of an encoder, or a table. */
export interface Part {
  /** What their names fit. */
  readonly pattern: string;
  /** Weights of theirs in 4 bits. */
  readonly weights: number;
}

export interface MeasuredPart extends Part {
  readonly tower: "pictures" | "texts";
  /** 1 less the mean cosine between the tower with this part in 4 bits and the original. */
  readonly error: number;
}

/** Samples of each tower: for the order of parts a few say as much as all. */
const most = 8;

/** The parts of a model whose matrices of 4 bits are `sizes`, weights by name. */
export function partsOf(sizes: ReadonlyMap<string, number>): readonly Part[] {
  const parts = new Map<string, number>();
  for (const [name, weights] of sizes) {
    const layer = /^(.*\.layers\.\d+)\./.exec(name)?.[1];
    const pattern = layer === undefined ? name : `${layer}.*`;
    parts.set(pattern, (parts.get(pattern) ?? 0) + weights);
  }
  return [...parts].map(([pattern, weights]) => ({ pattern, weights }));
}

/**
 * Runs each tower once as it is and once for each of its parts, whose matrices are then read from
 * `quantised` and all others from `original`. Samples are the first ones of those given, or noise.
 */
export async function measureParts(
  spec: ModelSpec,
  opened: OpenModel,
  { original, quantised }: { readonly original: WeightReader; readonly quantised: WeightReader },
  samples: CalibrationSamples,
  matrices: ReadonlyMap<string, Matrix>,
  parts: readonly Part[],
  report: (done: number, total: number) => void,
): Promise<readonly MeasuredPart[]> {
  const few = { pictures: spread(samples.pictures), texts: spread(samples.texts) };
  const measured: MeasuredPart[] = [];
  let done = 0;
  const { textLength } = opened;
  const programs = lowerSpec({
    ...spec,
    batch: { image: 1, text: 1 },
    ...(textLength > 0 && { textLength }),
  });
  for (const { lowered } of programs) {
    const tower = towerOf(lowered);
    const own = parts.filter(({ pattern }) =>
      readsOf(lowered).some((n) => fitsPattern(n, pattern)),
    );
    if (!tower || own.length === 0) continue;
    const inputs: Given[] = [];
    const table = lowered.gathers.find(({ input }) => input === "input_ids")?.table ?? "";
    const vocabulary = matrices.get(table)?.rows ?? 1;
    if (few[tower].length === 0)
      for (let i = 0; i < most; i++) inputs.push(noiseFor(tower, lowered, i, vocabulary));
    else for await (const given of samplesOf(tower, opened, few)) inputs.push(given);
    const { wasm, kernels } = await emitCpu([...lowered.init, ...lowered.launches], {
      relaxed: false,
      sharedMemory: true,
    });
    const { planned } = planProgram(lowered, kernels);
    const embed = async (weights: WeightReader): Promise<Float32Array[]> => {
      const program = await createProgram(planned, wasm, weights);
      try {
        const rows: Float32Array[] = [];
        for (const given of inputs) {
          const outputs = await program.run(inputsOf(lowered, given), lowered.symbols);
          rows.push(unit(outputs[lowered.outputs.at(-1)!.name]!.data as Float32Array));
        }
        return rows;
      } finally {
        await program.dispose();
      }
    };
    const expected = await embed(original);
    for (const part of own) {
      const choose = (name: string): WeightReader =>
        fitsPattern(name, part.pattern) ? quantised : original;
      const actual = await embed({
        readFloat32: (name, options) => choose(name).readFloat32(name, options),
        readRowsFloat32: (name, rows, options) => choose(name).readRowsFloat32(name, rows, options),
      });
      const kept = cosines(expected, actual);
      if (!kept) throw new Error(`internal: no sample of the ${tower} was embedded`);
      measured.push({ ...part, tower, error: 1 - kept.mean });
      report(++done, parts.length);
    }
  }
  return measured;
}

const readsOf = ({ launches, gathers }: LoweredProgram): string[] => [
  ...launches.flatMap(({ operands }) =>
    operands.flatMap((operand) =>
      operand.kind === "weight" ? operand.parts.map(({ tensor }) => tensor) : [],
    ),
  ),
  ...gathers.map(({ table }) => table),
];

/** At even distances. */
const spread = (paths: readonly string[]): string[] =>
  paths.length <= most
    ? [...paths]
    : Array.from({ length: most }, (_, i) => paths[Math.floor((i * paths.length) / most)]!);

function unit(values: Float32Array): Float32Array {
  const norm = Math.hypot(...values);
  return values.map((x) => x / norm);
}
