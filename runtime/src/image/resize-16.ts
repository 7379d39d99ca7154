/** Pillow's resize of grey of 16 bits (libImaging/Resample.c, 12.3): sums in float64. */
import { resampleWindows, type Resample } from "./resample-windows.ts";
import { checkMemory } from "./resize-memory.ts";

/**
 * `[height, width]` to `[toHeight, toWidth]`, rows first. Throws ImageError as {@link checkMemory}
 * and resampleWindows.
 */
export function resize16(
  data: Uint16Array,
  { height, width }: { readonly height: number; readonly width: number },
  [toHeight, toWidth]: readonly [number, number],
  resample: Resample,
): Uint16Array {
  checkMemory([height, width, 1], [toHeight, toWidth]);
  const pass = (source: Uint16Array, outer: number, from: number, inner: number, to: number) => {
    if (from === to) return source;
    const { size, first, count, weights } = resampleWindows(from, to, resample, "pillow");
    const target = new Uint16Array(outer * to * inner);
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < to; i++)
        for (let c = 0; c < inner; c++) {
          let sum = 0;
          for (let k = 0; k < count[i]!; k++)
            sum += source[(o * from + first[i]! + k) * inner + c]! * weights[i * size + k]!;
          target[(o * to + i) * inner + c] = clipped(Math.trunc(sum < 0 ? sum - 0.5 : sum + 0.5));
        }
    return target;
  };
  return pass(pass(data, height, width, 1, toWidth), 1, height, toWidth, toHeight);
}

/** Pillow clips each of the two bytes by itself. */
function clipped(level: number): number {
  if (level <= 0) return 0;
  return level < 65536 ? level : 0xff00 | (level & 0xff);
}
