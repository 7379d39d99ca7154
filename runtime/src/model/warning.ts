/**
 * Kinds of warnings: the model runs as transformers would run it, but perhaps not as intended.
 *
 * - `short-text`: texts are shorter than the position table, so the pooled last position differs
 *   from the one in training
 * - `masked-padding`: the attention mask hides padding, to which published checkpoints attend
 * - `no-range`: the server does not support byte ranges, so the whole file is downloaded first
 * - `not-cached`: the weights cannot be kept for the next visit
 * - `no-programmatic-launch`: launches do not overlap although that was requested, because the CUDA
 *   driver or the kernels do not support it
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
