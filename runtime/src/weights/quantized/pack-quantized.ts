/** Lays quantised rows out as a kernel reads them. */
import type { QuantizedStorage } from "@sigil/spec";
import { quantizedPlaces } from "@sigil/spec/shared";
import type { QuantizedMatrix } from "./quantized-matrix.ts";

export interface QuantizedPanelShape {
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  readonly storage: QuantizedStorage;
  /** Columns of a panel: the matrix's, or those and codes that no kernel counts. */
  readonly panelColumns?: number;
}

/**
 * Writes rows of a matrix into the panels at `offset`, from `firstRow` on; what pads them must
 * already be zero.
 */
export function packQuantizedRows(
  buffer: ArrayBufferLike,
  offset: number,
  { codes, scales, zeros, columns }: QuantizedMatrix,
  { rows, width, storage, panelColumns = columns }: QuantizedPanelShape,
  firstRow: number,
): void {
  const places = quantizedPlaces(rows, columns, storage, width, panelColumns);
  const bytes = new Uint8Array(buffer, offset, places.scalesOffset);
  const perGroup = (from: number): Float32Array =>
    new Float32Array(buffer, offset + from, (places.zerosOffset - places.scalesOffset) / 4);
  const packedScales = perGroup(places.scalesOffset);
  const packedZeros = zeros && perGroup(places.zerosOffset);
  const { groups, panelBytes } = places;
  const count = codes.length / columns;
  for (let r = 0; r < count; r++) {
    const panel = Math.floor((firstRow + r) / width);
    const lane = (firstRow + r) % width;
    for (let g = 0; g < groups; g++) {
      const at = (panel * groups + g) * width + lane;
      packedScales[at] = scales[r * groups + g]!;
      if (zeros && packedZeros) packedZeros[at] = zeros[r * groups + g]!;
    }
    const base = panel * panelBytes;
    const from = r * columns;
    if (storage.bits === 8)
      for (let c = 0, to = base + lane; c < columns; c++, to += width) bytes[to] = codes[from + c]!;
    else if (width % 2 === 0 && lane % 2 === 0 && r + 1 < count) {
      // Two rows that lie in the same bytes.
      const next = from + columns;
      for (let c = 0, to = base + (lane >> 1); c < columns; c++, to += width >> 1)
        bytes[to] = codes[from + c]! | (codes[next + c]! << 4);
    } else if (width % 2 === 1 || lane % 2 === 0 || r === 0)
      for (let c = 0; c < columns; c++) {
        const at = c * width + lane;
        const byte = base + (at >> 1);
        bytes[byte] =
          (at & 1) === 0
            ? (bytes[byte]! & 0xf0) | codes[from + c]!
            : (bytes[byte]! & 0x0f) | (codes[from + c]! << 4);
      }
  }
}
