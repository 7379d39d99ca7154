import { float16ToFloat32, float32ToFloat16, type QuantizedMatrix } from "@sigil/runtime/internal";

/** Parts of the scale that gives the largest weight the outermost code. */
const parts = [1, 0.975, 0.95, 0.925, 0.9, 0.875, 0.85, 0.825, 0.8];

/**
 * Evenly spaced codes with the scales that leave the least squared error of a group's weights,
 * which is often less than the one that its largest weight asks for. Scales of 4 bits are float16
 * numbers, as they are stored; codes are as `quantize` of @sigil/runtime makes them.
 */
export function quantizeClosely(
  values: Float32Array,
  columns: number,
  { bits, group }: { readonly bits: 4 | 8; readonly group: number },
): QuantizedMatrix {
  const rows = values.length / columns;
  const groups = Math.ceil(columns / group);
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(rows * groups);
  const [least, most, shift] = bits === 8 ? [-127, 127, 0] : [-8, 7, 8];
  for (let row = 0, g = 0; row < rows; row++)
    for (let first = 0; first < columns; first += group, g++) {
      const begin = row * columns + first;
      const end = row * columns + Math.min(columns, first + group);
      let extreme = 0;
      for (let i = begin; i < end; i++)
        if (Math.abs(values[i]!) > Math.abs(extreme)) extreme = values[i]!;
      const widest = bits === 8 ? Math.abs(extreme) / 127 : extreme / -8;
      let chosen = 0;
      let smallest = Infinity;
      for (const part of parts) {
        const scale =
          bits === 8
            ? Math.fround(widest * part)
            : float16ToFloat32(float32ToFloat16(widest * part));
        if (scale === 0) break;
        let error = 0;
        const inverse = 1 / scale;
        for (let i = begin; i < end && error < smallest; i++) {
          const code = Math.max(least, Math.min(most, Math.round(values[i]! * inverse)));
          const off = values[i]! - code * scale;
          error += off * off;
        }
        if (error < smallest) [smallest, chosen] = [error, scale];
      }
      scales[g] = chosen;
      const inverse = chosen === 0 ? 0 : 1 / chosen;
      for (let i = begin; i < end; i++)
        codes[i] = Math.max(least, Math.min(most, Math.round(values[i]! * inverse))) + shift;
    }
  return { columns, codes, scales };
}
