/**
 * What a caller may well not have meant, though it runs as transformers would run it.
 *
 * - `short-text`: texts are shorter than the position table, so that the pooled last position is another than in training
 * - `masked-padding`: the attention mask hides padding, which published checkpoints attend to
 */
export type WarningCode = "short-text" | "masked-padding";

export interface ModelWarning {
  readonly code: WarningCode;
  readonly message: string;
}

/** Receives each kind of warning once per session. */
export type WarningHandler = (warning: ModelWarning) => void;

export const consoleWarning: WarningHandler = ({ code, message }) => console.warn(`sigil [${code}]: ${message}`);
