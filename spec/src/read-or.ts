import { DiagnosticError } from "./diagnostic-error.ts";
import type { Diagnostic } from "./diagnostic.ts";

/** The text of a file; throws a DiagnosticError with `problem` where it cannot be read. */
export function readOr(
  path: string,
  readFile: (path: string) => string,
  problem: () => Diagnostic,
): string {
  try {
    return readFile(path);
  } catch {
    throw new DiagnosticError([problem()]);
  }
}
