import { formatDiagnostics } from "./format-diagnostics.ts";
import { SigilError } from "./sigil-error.ts";

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

/** Thrown once with every problem found; its message is the formatted text. */
export class DiagnosticError extends SigilError {
  override readonly name = "DiagnosticError";
  readonly code = "diagnostics";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(formatDiagnostics(diagnostics));
    this.diagnostics = diagnostics;
  }
}
