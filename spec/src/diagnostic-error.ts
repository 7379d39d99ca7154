import type { Diagnostic } from "./diagnostic.ts";
import { formatDiagnostics } from "./format-diagnostics.ts";
import { SigilError } from "./sigil-error.ts";

/** Thrown once, with every problem that was found. Its message is the formatted text. */
export class DiagnosticError extends SigilError {
  override readonly name = "DiagnosticError";
  readonly code = "diagnostics";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(formatDiagnostics(diagnostics));
    this.diagnostics = diagnostics;
  }
}
