import type { WeightLayout } from "./generated/plan.ts";
import { isQuantized, quantizedPlaces, storageBytes } from "./quantized.ts";

/** Bytes of a matrix in a layout: panels are padded to whole ones. */
export const weightBytes = (rows: number, columns: number, layout: WeightLayout): number =>
  layout.kind === "rows"
    ? 4 * rows * columns
    : isQuantized(layout.storage)
      ? quantizedPlaces(rows, columns, layout.storage, layout.width, layout.columns).bytes
      : Math.ceil(rows / layout.width) *
        layout.width *
        (layout.columns ?? columns) *
        storageBytes[layout.storage];
