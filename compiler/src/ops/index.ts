/** Every primitive operation by the name that architecture documents use, in alphabetical order. */
import { attentionOps } from "./attention.ts";
import { concat } from "./concat.ts";
import { elementwiseOps } from "./elementwise.ts";
import { gridOps } from "./grids.ts";
import { interpolateGrid } from "./interpolate-grid.ts";
import { productOps } from "./linear.ts";
import { normalizePixels } from "./normalize-pixels.ts";
import { normOps } from "./norms.ts";
import type { Op } from "./op.ts";
import { rotary } from "./rotary.ts";
import { tokenOps } from "./tokens.ts";

const families: Readonly<Record<string, Op>> = {
  ...attentionOps,
  ...elementwiseOps,
  ...gridOps,
  ...normOps,
  ...productOps,
  ...tokenOps,
  concat,
  interpolate_grid: interpolateGrid,
  rotary,
  normalize_pixels: normalizePixels,
};

/** An op that a checked graph names. */
export function opNamed(name: string): Op {
  const op = Object.hasOwn(ops, name) ? ops[name] : undefined;
  if (!op) throw new Error(`internal: no op is called ${name}`);
  return op;
}

export const ops: Readonly<Record<string, Op>> = Object.fromEntries(
  Object.entries(families).sort(([a], [b]) => (a < b ? -1 : 1)),
);
