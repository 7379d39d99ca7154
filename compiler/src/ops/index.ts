/** Every primitive operation by the name that architecture documents use, in alphabetical order. */
import { attentionOps } from "./attention.ts";
import { elementwiseOps } from "./elementwise.ts";
import { interpolateGrid } from "./interpolate-grid.ts";
import { productOps } from "./linear.ts";
import { normalizePixels } from "./normalize-pixels.ts";
import { normOps } from "./norms.ts";
import type { Op } from "./op.ts";
import { tokenOps } from "./tokens.ts";

const families: Readonly<Record<string, Op>> = {
  ...attentionOps,
  ...elementwiseOps,
  ...normOps,
  ...productOps,
  ...tokenOps,
  interpolate_grid: interpolateGrid,
  normalize_pixels: normalizePixels,
};

export const ops: Readonly<Record<string, Op>> = Object.fromEntries(
  Object.entries(families).sort(([a], [b]) => (a < b ? -1 : 1)),
);
