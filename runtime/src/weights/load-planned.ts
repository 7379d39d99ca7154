/**
 * Lays the weights of a plan out as its kernels read them, one checkpoint tensor at a time, the
 * next ones on their way.
 */
import type { PlannedWeight, QuantizedStorage, Storage, WeightPart } from "@sigil/spec";
import { WeightsError } from "./error.ts";
import { foldPixels } from "./fold-pixels.ts";
import { packPanelRows } from "./pack.ts";
import type { PackableMatrix } from "./quantized/packable.ts";
import { readAhead } from "./read-ahead.ts";
import type { VerifyPlanOptions } from "./verify-plan.ts";
import type { WeightReader } from "./weight-reader.ts";

export interface PlannedProgress {
  readonly tensor: string;
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

export interface LoadPlannedOptions extends VerifyPlanOptions {
  readonly onProgress?: (progress: PlannedProgress) => void;
}

const partRows = ({ begin, end, resample }: WeightPart): number =>
  resample ? resample.to[0] * resample.to[1] : end - begin;

async function resampled(
  rows: Float32Array,
  columns: number,
  { from, to, mode }: NonNullable<WeightPart["resample"]>,
): Promise<Float32Array> {
  // Few models resample so, and pages download what they import.
  return mode === "bilinear"
    ? (await import("./resample-bilinear.ts")).resampleBilinear(rows, columns, from, to)
    : (await import("./resample-grid.ts")).resampleGrid(rows, columns, from, to);
}

interface WeightPlace {
  readonly buffer: ArrayBufferLike;
  readonly offset: number;
}

/** Where a backend wants its weights. */
export interface WeightTarget {
  /**
   * Memory for a weight, zero at first, so that the padding of its panels is in place; asked for
   * once per part.
   */
  place(weight: PlannedWeight): WeightPlace;
  /** Every part of the weight is laid out; `place` is where its last part was. */
  complete?(weight: PlannedWeight, place: WeightPlace): void;
}

/**
 * Reads each checkpoint tensor once and packs what weights need of it. Throws what the reader
 * throws, or the signal's reason.
 */
export async function loadPlanned(
  weights: readonly PlannedWeight[],
  reader: WeightReader,
  target: WeightTarget,
  { onProgress, signal }: LoadPlannedOptions,
): Promise<void> {
  const totalBytes = weights.reduce((sum, weight) => sum + weight.bytes, 0);
  const parts = weights.flatMap((weight) => {
    let row = 0;
    const missing = { parts: weight.parts.length };
    return weight.parts.map((part) => {
      const firstRow = row;
      row += partRows(part);
      return { weight, part, firstRow, missing };
    });
  });
  // Parts of one tensor (a packed q, k, v) are read together, so that each tensor is read once.
  const byTensor = new Map<string, typeof parts>();
  for (const use of parts)
    byTensor.set(use.part.tensor, [...(byTensor.get(use.part.tensor) ?? []), use]);
  let loadedBytes = 0;
  signal?.throwIfAborted();
  const readOne = (
    tensor: string,
    uses: typeof parts,
    asked: { signal: AbortSignal },
  ): Promise<Float32Array | PackableMatrix> => {
    const storage = uses.flatMap(({ weight }) => codesOf(weight) ?? [])[0];
    if (!storage) return reader.readFloat32(tensor, asked);
    if (!reader.readQuantized) throw new WeightsError("is not bound to the plan", { tensor });
    return reader.readQuantized(tensor, storage, asked);
  };
  for await (const [tensor, uses, data] of readAhead(byTensor, reader, readOne, signal)) {
    for (const { weight, part, firstRow, missing } of uses) {
      const place = target.place(weight);
      if (codesOf(weight)) (data as PackableMatrix).pack(place, weight, part, firstRow);
      else await layFloats(place, "pack" in data ? data.floats() : data, weight, part, firstRow);
      loadedBytes += weight.bytes * (partRows(part) / weight.rows);
      if (--missing.parts === 0) target.complete?.(weight, place);
    }
    onProgress?.({ tensor, loadedBytes: Math.round(loadedBytes), totalBytes });
  }
}

/** How codes are stored, of a weight that is kept as codes. */
const codesOf = ({ layout }: PlannedWeight): QuantizedStorage | undefined =>
  layout.kind === "panels" && typeof layout.storage === "object" ? layout.storage : undefined;

/** A part of a weight of floats: rows of a tensor, folded or resampled. */
async function layFloats(
  { buffer, offset }: WeightPlace,
  data: Float32Array,
  weight: PlannedWeight,
  part: WeightPart,
  firstRow: number,
): Promise<void> {
  const { columns, layout } = weight;
  // A weight that is folded to sums has one column where its tensor has many.
  const width = part.fold ? part.fold.pixels * part.fold.scales.length : columns;
  const stored = data.subarray(part.begin * width, part.end * width);
  if (stored.length !== (part.end - part.begin) * width)
    throw new WeightsError("is too small", {
      tensor: part.tensor,
      expected: `at least ${part.end * width} elements`,
      received: String(data.length),
    });
  const rows = part.fold
    ? foldPixels(stored, part.fold)
    : part.resample
      ? await resampled(stored, columns, part.resample)
      : stored;
  if (layout.kind === "rows")
    new Float32Array(buffer, offset + 4 * firstRow * columns, rows.length).set(rows);
  else
    packPanelRows(
      buffer,
      offset,
      rows,
      {
        rows: weight.rows,
        columns,
        width: layout.width,
        storage: layout.storage as Storage,
        panelColumns: layout.columns ?? columns,
      },
      firstRow,
    );
}
