/** A quantised tensor that was read for a storage, ready for the panels of weights. */
import type { PlannedWeight, QuantizedStorage, WeightPart } from "@sigil/spec";
import { WeightsError } from "../error.ts";
import { packQuantizedRows } from "./pack-quantized.ts";
import { dequantize, type QuantizedMatrix } from "./quantized-matrix.ts";

export interface PackableMatrix extends QuantizedMatrix {
  /** Writes a part of it into a weight's place, from row `firstRow` of the weight on. */
  pack(
    place: { readonly buffer: ArrayBufferLike; readonly offset: number },
    weight: PlannedWeight,
    part: WeightPart,
    firstRow: number,
  ): void;
  /** The weights that it stands for, for what is not kept quantised. */
  floats(): Float32Array;
}

export const packable = (matrix: QuantizedMatrix, storage: QuantizedStorage): PackableMatrix => ({
  ...matrix,
  floats: () => dequantize(matrix, storage),
  pack({ buffer, offset }, { rows, columns, layout }, { tensor, begin, end }, firstRow) {
    if (layout.kind !== "panels") throw new Error("internal: codes lie in panels");
    const { codes, scales, zeros } = matrix;
    if (codes.length < end * columns)
      throw new WeightsError("is too small", {
        tensor,
        expected: `at least ${end * columns} elements`,
        received: String(codes.length),
      });
    const groups = Math.ceil(columns / storage.group);
    packQuantizedRows(
      buffer,
      offset,
      {
        columns,
        codes: codes.subarray(begin * columns, end * columns),
        scales: scales.subarray(begin * groups, end * groups),
        zeros: zeros?.subarray(begin * groups, end * groups),
      },
      { rows, columns, width: layout.width, storage, panelColumns: layout.columns ?? columns },
      firstRow,
    );
  },
});
