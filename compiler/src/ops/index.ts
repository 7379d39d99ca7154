/** Every primitive operation by the name that architecture documents use. */
import { attention, attentionProbabilities } from "./attention.ts";
import { activation, add, exp, mul, prelu } from "./elementwise.ts";
import { interpolateGrid } from "./interpolate-grid.ts";
import { linear, similarity } from "./linear.ts";
import { l2Normalize, layerNorm, rmsNorm } from "./norms.ts";
import { normalizePixels } from "./normalize-pixels.ts";
import type { Op } from "./op.ts";
import { embedding, meanTokens, parameter, patches, token } from "./tokens.ts";

export const ops: Readonly<Record<string, Op>> = {
  activation,
  add,
  attention,
  attention_probabilities: attentionProbabilities,
  embedding,
  exp,
  interpolate_grid: interpolateGrid,
  l2_normalize: l2Normalize,
  layer_norm: layerNorm,
  linear,
  mean_tokens: meanTokens,
  mul,
  normalize_pixels: normalizePixels,
  parameter,
  patches,
  prelu,
  rms_norm: rmsNorm,
  similarity,
  token,
};
