import { fixed, showShape } from "../ir/extent.ts";
import { axes, defineOp, dense, ShapeError } from "./op.ts";

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
 * Taps of a triangle as wide as the input cells that an output cell stands for, cut at the edges
 * and scaled to one (antialias = true).
 */
function antialiased(from: number, to: number): { index: number; weight: number }[][] {
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    const weights = Array.from({ length: end - first }, (__, k) =>
      Math.max(0, 1 - Math.abs((first + k + 0.5 - centre) / support)),
    );
    const total = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight, k) => ({ index: first + k, weight: weight / total }));
  });
}

/**
 * A square table `[side * side, channels]` resampled to `[height * width, channels]`: bicubically
 * (interpolate_pos_encoding), or bilinearly with antialias (NaFlex); the same size is the table
 * itself.
 */
export const interpolateGrid = defineOp({
  summary:
    "Resamples a square table of positions, a parameter of `[side * side, channels]`, to " +
    "`[height * width, channels]`.",
  attributes: {
    height: { type: "integer", minimum: 1, description: "The number of rows of the new grid." },
    width: { type: "integer", minimum: 1, description: "The number of columns of the new grid." },
    mode: {
      type: "string",
      values: ["bicubic", "bilinear"],
      default: "bicubic",
      description:
        "How to resample, as in torch.nn.functional.interpolate: bicubic without antialias, as " +
        "in SigLIP, or bilinear with antialias, as in NaFlex.",
    },
  },
  inputs: 1,
  weights: [],
  infer([table], _, { height, width }) {
    const [count, channels] = table;
    const rows = fixed(count, "rows");
    if (channels === undefined || table.length !== 2 || Math.round(Math.sqrt(rows)) ** 2 !== rows)
      throw new ShapeError(`expected a square grid of rows, received ${showShape(table)}`);
    return [Number(height) * Number(width), channels];
  },
  evaluate([table], _, { height, width, mode }) {
    const [rows, channels] = axes(table.shape, ["rows", "channels"]);
    const side = Math.round(Math.sqrt(rows));
    const out = dense([Number(height) * Number(width), channels]);
    const tapsOf = mode === "bilinear" ? antialiased : taps;
    const [vertical, horizontal] = [tapsOf(side, Number(height)), tapsOf(side, Number(width))];
    vertical.forEach((rowTaps, y) =>
      horizontal.forEach((columnTaps, x) => {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (const r of rowTaps)
            for (const k of columnTaps)
              sum += r.weight * k.weight * table.data[(r.index * side + k.index) * channels + c]!;
          out.data[(y * Number(width) + x) * channels + c] = sum;
        }
      }),
    );
    return out;
  },
});
