/**
 * PyTorch's antialiased resize of float pictures: the same windows, no rounding and no clamping
 * between the passes.
 */
import { resampleWindows, type Resample } from "./resample-windows.ts";
import { checkMemory } from "./resize-memory.ts";

/**
 * `data` is `[height, width, channels]`; returns `[toHeight, toWidth, channels]`, each sum in
 * float64 and rounded to float32. Throws ImageError as {@link checkMemory} and resampleWindows.
 */
export function resizeFloat(
  data: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  [toHeight, toWidth]: readonly [number, number],
  resample: Resample,
): Float32Array {
  checkMemory([height, width, channels], [toHeight, toWidth]);
  const pass = (
    source: Float32Array,
    outer: number,
    from: number,
    inner: number,
    to: number,
  ): Float32Array => {
    if (from === to) return source;
    const { size, first, count, weights } = resampleWindows(from, to, resample, "torchvision");
    const target = new Float32Array(outer * to * inner);
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < to; i++)
        for (let c = 0; c < inner; c++) {
          let sum = 0;
          for (let k = 0; k < count[i]!; k++)
            sum += source[(o * from + first[i]! + k) * inner + c]! * weights[i * size + k]!;
          target[(o * to + i) * inner + c] = sum;
        }
    return target;
  };
  return pass(
    pass(data, height, width, channels, toWidth),
    1,
    height,
    toWidth * channels,
    toHeight,
  );
}
