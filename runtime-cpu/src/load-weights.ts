/** Fills the weights' part of the memory, one checkpoint tensor at a time. */
import { resampleGrid } from "@sigil/runtime";
import type { PlannedWeight, WeightPart } from "@sigil/spec";
import { packPanelRows } from "./pack.ts";

/** What loading reads of a checkpoint; @sigil/runtime's WeightSource is one. */
export interface WeightReader {
  readFloat32(name: string, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  readRowsFloat32(name: string, rows: ArrayLike<number>, options?: { signal?: AbortSignal }): Promise<Float32Array>;
}

export interface LoadProgress {
  readonly tensor: string;
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

export interface LoadOptions {
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

const partRows = ({ begin, end, resample }: WeightPart): number => (resample ? resample.to[0] * resample.to[1] : end - begin);

export async function loadWeights(buffer: ArrayBufferLike, base: number, weights: readonly PlannedWeight[], reader: WeightReader, { onProgress, signal }: LoadOptions): Promise<void> {
  const totalBytes = weights.reduce((sum, weight) => sum + weight.bytes, 0);
  // A fresh memory is zero, so the padding of the last panels is already in place.
  const parts = weights.flatMap((weight) => {
    let row = 0;
    return weight.parts.map((part) => {
      const firstRow = row;
      row += partRows(part);
      return { weight, part, firstRow };
    });
  });
  // Parts of one tensor (a packed q, k, v) are read together, so that only one tensor is ever held.
  const byTensor = new Map<string, typeof parts>();
  for (const use of parts) byTensor.set(use.part.tensor, [...(byTensor.get(use.part.tensor) ?? []), use]);
  let loadedBytes = 0;
  for (const [tensor, uses] of byTensor) {
    signal?.throwIfAborted();
    const data = await reader.readFloat32(tensor, signal ? { signal } : {});
    for (const { weight, part, firstRow } of uses) {
      const { columns, layout } = weight;
      const offset = base + weight.offset;
      const stored = data.subarray(part.begin * columns, part.end * columns);
      if (stored.length !== (part.end - part.begin) * columns) throw new Error(`${tensor}: expected at least ${part.end * columns} elements, received ${data.length}`);
      const rows = part.resample ? resampleGrid(stored, columns, part.resample.from, part.resample.to) : stored;
      if (layout.kind === "rows") new Float32Array(buffer, offset + 4 * firstRow * columns, rows.length).set(rows);
      else packPanelRows(buffer, offset, rows, { rows: weight.rows, columns, width: layout.width, storage: layout.storage }, firstRow);
      loadedBytes += weight.bytes * (partRows(part) / weight.rows);
    }
    onProgress?.({ tensor, loadedBytes: Math.round(loadedBytes), totalBytes });
  }
}
