/** Runs a checkpoint on pictures and texts, and sums up the inputs of its matrices for GPTQ. */
import {
  emitCpu,
  gemmOperands,
  lowerSpec,
  planProgram,
  readAndWritten,
  withTaps,
  type LoweredProgram,
} from "@sigil/compiler/internal";
import { valueOf, type WeightReader } from "@sigil/runtime/internal";
import { createProgram } from "@sigil/runtime-cpu";
import type { ModelSpec } from "@sigil/spec";
import type { OpenModel } from "../session.ts";
import { Gram } from "./gram.ts";
import { inputsOf, isUsed, samplesOf, towerOf, type CalibrationSamples } from "./samples.ts";

/** Rows of a matrix's input that are taken, of all samples; more say little more. */
const mostRows = 4096;

/**
 * Gram matrices of the inputs of each matrix in `wanted` that exactly one launch reads, by the name
 * of the matrix. The model runs with the tensors that `weights` returns, which may have norms
 * folded into them. One program is loaded at a time.
 */
export async function calibrate(
  spec: ModelSpec,
  opened: OpenModel,
  weights: WeightReader,
  samples: CalibrationSamples,
  wanted: ReadonlySet<string>,
  report: (done: number, total: number) => void,
): Promise<ReadonlyMap<string, Gram>> {
  const textLength = opened.textLength || undefined;
  const programs = lowerSpec({
    ...spec,
    batch: { image: 1, text: 1 },
    ...(textLength && { textLength }),
  }).map(({ lowered }) => lowered);
  const grams = new Map<string, Gram>();
  const total = samples.pictures.length + samples.texts.length;
  let done = 0;
  for (const lowered of programs) {
    const tower = towerOf(lowered);
    const uses = usesOf(lowered, wanted);
    if (!tower || uses.length === 0) continue;
    const count = samples[tower].length;
    const tapped = withTaps(lowered);
    const { wasm, kernels } = await emitCpu([...tapped.init, ...tapped.launches], {
      relaxed: false,
      sharedMemory: true,
    });
    const program = await createProgram(planProgram(tapped, kernels).planned, wasm, weights);
    try {
      for await (const given of samplesOf(tower, opened, samples)) {
        const outputs = await program.run(inputsOf(lowered, given), lowered.symbols);
        for (const { tensors, launch, offset, stride, rows, depth } of uses) {
          const { data } = outputs[String(launch)]!;
          // Rows at even distances, of every sample as many.
          const step = Math.max(1, Math.ceil((rows * count) / mostRows));
          const gram = grams.get(tensors[0]!) ?? (await Gram.create(depth));
          for (let row = done % step; row < rows; row += step)
            if (isUsed(given, row, rows))
              gram.add(data.subarray(offset + row * stride, offset + row * stride + depth));
          for (const tensor of tensors) grams.set(tensor, gram);
        }
        report(++done, total);
      }
    } finally {
      await program.dispose();
    }
  }
  return grams;
}

interface Use {
  readonly tensors: readonly string[];
  /** The launch that computes the input, and where its rows lie in the result. */
  readonly launch: number;
  readonly offset: number;
  readonly stride: number;
  readonly rows: number;
  readonly depth: number;
}

function usesOf({ launches, symbols }: LoweredProgram, wanted: ReadonlySet<string>): Use[] {
  const writers = new Map<number, number>();
  for (const [i, { problem, operands }] of launches.entries())
    for (const written of readAndWritten(problem, operands).written.slice(0, 1))
      if (written.kind === "value") writers.set(written.value.id, i);
  const counts = new Map<string, number>();
  for (const { operands } of launches)
    for (const operand of operands)
      if (operand.kind === "weight")
        for (const { tensor } of operand.parts) counts.set(tensor, (counts.get(tensor) ?? 0) + 1);
  return launches.flatMap(({ problem, operands }): Use[] => {
    if (problem.family !== "gemm" || problem.a.kind !== "rows") return [];
    const { a, b } = gemmOperands(problem, operands);
    if (a.kind !== "value" || b.kind !== "weight") return [];
    const launch = writers.get(a.value.id);
    const tensors = b.parts
      .map(({ tensor }) => tensor)
      .filter((tensor) => wanted.has(tensor) && counts.get(tensor) === 1);
    if (launch === undefined || tensors.length === 0) return [];
    return [
      {
        tensors,
        launch,
        offset: a.offset,
        stride: problem.a.stride,
        rows: valueOf(problem.rows, symbols),
        depth: problem.depth,
      },
    ];
  });
}
