import type { Storage, WeightLayout } from "./generated/plan.ts";

/** Bytes of an element of packed weights. */
export const storageBytes: Readonly<Record<Storage, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
};

/** Bytes of a matrix in a layout: panels are padded to whole ones. */
export const weightBytes = (rows: number, columns: number, layout: WeightLayout): number =>
  layout.kind === "rows"
    ? 4 * rows * columns
    : Math.ceil(rows / layout.width) *
      layout.width *
      (layout.columns ?? columns) *
      storageBytes[layout.storage];
