/**
 * What a caller may well not have meant, though the model runs as transformers would run it.
 *
 * - `short-text`: texts are shorter than the position table, so that the pooled last position is
 *   another than in training
 * - `masked-padding`: the attention mask hides padding, which published checkpoints attend to
 * - `no-range`: the weights' server knows no byte ranges, so that the whole file is downloaded
 *   first
 * - `not-cached`: the weights cannot be kept for the next visit
 * - `no-programmatic-launch`: launches do not overlap although that was asked for: the CUDA driver
 *   cannot do it, or the kernels
 */
export type WarningCode =
  | "short-text"
  | "masked-padding"
  | "no-range"
  | "not-cached"
  | "no-programmatic-launch";

export interface ModelWarning {
  readonly code: WarningCode;
  readonly message: string;
}

/** Receives each kind of warning once per session. */
export type WarningHandler = (warning: ModelWarning) => void;

export const consoleWarning: WarningHandler = ({ code, message }) =>
  console.warn(`sigil [${code}]: ${message}`);
