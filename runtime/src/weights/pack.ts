/** Lays a weight out as its kernel reads it. */
import type { Storage } from "@sigil/spec";
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from "./float16.ts";

/** The value that a storage keeps of a number. */
export function roundToStorage(value: number, storage: Storage): number {
  if (storage === "float32") return Math.fround(value);
  return storage === "float16"
    ? float16ToFloat32(float32ToFloat16(value))
    : bfloat16ToFloat32(float32ToBfloat16(value));
}

export interface PanelShape {
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  readonly storage: Storage;
  /** Columns of a panel: the matrix's, or those and zeros. */
  readonly panelColumns?: number;
}

/**
 * Writes rows `firstRow` onwards of a matrix into its panels; the padding of panels must already be
 * zero.
 */
export function packPanelRows(
  buffer: ArrayBufferLike,
  offset: number,
  data: Float32Array,
  shape: PanelShape,
  firstRow: number,
): void {
  const { columns, width, storage, panelColumns = columns } = shape;
  const panels = Math.ceil(shape.rows / width);
  const target =
    storage === "float32"
      ? new Float32Array(buffer, offset, panels * panelColumns * width)
      : new Uint16Array(buffer, offset, panels * panelColumns * width);
  const convert =
    storage === "float16"
      ? float32ToFloat16
      : storage === "bfloat16"
        ? float32ToBfloat16
        : undefined;
  const count = data.length / columns;
  for (let r = 0; r < count; r++) {
    const row = firstRow + r;
    let to = Math.floor(row / width) * panelColumns * width + (row % width);
    const from = r * columns;
    if (convert)
      for (let c = 0; c < columns; c++, to += width) target[to] = convert(data[from + c]!);
    else for (let c = 0; c < columns; c++, to += width) target[to] = data[from + c]!;
  }
}

/** A whole matrix as zero-padded panels. */
export function packPanels(
  buffer: ArrayBufferLike,
  offset: number,
  data: Float32Array,
  shape: PanelShape,
): void {
  const bytes =
    Math.ceil(shape.rows / shape.width) *
    shape.width *
    (shape.panelColumns ?? shape.columns) *
    (shape.storage === "float32" ? 4 : 2);
  new Uint8Array(buffer, offset, bytes).fill(0);
  packPanelRows(buffer, offset, data, shape, 0);
}
