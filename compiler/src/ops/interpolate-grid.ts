import { fixed, showShape } from "../ir/extent.ts";
import { dense, ShapeError, type Op } from "./op.ts";

/** Keys' cubic convolution kernel with a = -0.75, as torch.nn.functional.interpolate has it. */
function cubic(x: number): number {
  const a = -0.75;
  const d = Math.abs(x);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}

/**
 * Per output index its four taps: clamped input indices and weights. Pixel centres align
 * (align_corners = false), no antialias.
 */
function taps(from: number, to: number): { index: number; weight: number }[][] {
  return Array.from({ length: to }, (_, i) => {
    const source = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(source) - 1;
    return [0, 1, 2, 3].map((k) => ({
      index: Math.min(Math.max(first + k, 0), from - 1),
      weight: cubic(source - first - k),
    }));
  });
}

/**
 * A square table `[side * side, channels]` resampled bicubically to `[height * width, channels]`
 * (interpolate_pos_encoding); the same size is the table itself.
 */
export const interpolateGrid: Op = {
  summary:
    "A parameter `[side * side, channels]`, a square table of positions, resampled bicubically to `[height * width, channels]`.",
  attributes: {
    height: { type: "integer", minimum: 1, description: "Rows of the new grid." },
    width: { type: "integer", minimum: 1, description: "Columns of the new grid." },
  },
  inputs: 1,
  weights: [],
  infer([table], _, { height, width }) {
    const rows = fixed(table![0], "rows");
    if (table!.length !== 2 || Math.round(Math.sqrt(rows)) ** 2 !== rows)
      throw new ShapeError(`expected a square grid of rows, received ${showShape(table!)}`);
    return [Number(height) * Number(width), table![1]!];
  },
  evaluate([table], _, { height, width }) {
    const [rows, channels] = table!.shape as [number, number];
    const side = Math.round(Math.sqrt(rows));
    const out = dense([Number(height) * Number(width), channels]);
    const [vertical, horizontal] = [taps(side, Number(height)), taps(side, Number(width))];
    vertical.forEach((rowTaps, y) =>
      horizontal.forEach((columnTaps, x) => {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (const r of rowTaps)
            for (const k of columnTaps)
              sum += r.weight * k.weight * table!.data[(r.index * side + k.index) * channels + c]!;
          out.data[(y * Number(width) + x) * channels + c] = sum;
        }
      }),
    );
    return out;
  },
};
