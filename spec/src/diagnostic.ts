/** A problem in a user's file, located where possible. Lines and columns count from 1. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly file?: string;
  /** JSON pointer of the value in `file`. */
  readonly pointer?: string;
  readonly line?: number;
  readonly column?: number;
  /** Characters to underline, on one line. */
  readonly length?: number;
  readonly lineText?: string;
  readonly notes: readonly string[];
  readonly help?: string;
}
