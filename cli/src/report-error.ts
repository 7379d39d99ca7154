import { SigilError } from "@sigil/runtime";
import { DiagnosticError, formatDiagnostics } from "@sigil/spec";
import { fileError, isSystemError } from "./file-error.ts";

/**
 * The exit status of a command that has thrown, 1. What
 * it threw is on stderr then, without a stack: of input there is nothing in one to see.
 */
export function reportError(error: unknown): number {
  process.stderr.write(`${coloured(plain(described(error)))}\n`);
  return 1;
}

function described(error: unknown): string {
  if (error instanceof DiagnosticError) return formatDiagnostics(error.diagnostics);
  if (error instanceof SigilError) return `error: ${error.message}`;
  if (isSystemError(error) && error.path !== undefined)
    return `error: ${(fileError("read", error.path, error) as Error).message}`;
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  return (
    `error: ${error.name}: ${error.message}\nThis is a fault of Sigil or of the platform ` +
    "rather than of what it was given."
  );
}

/** On a terminal the word that it begins with is red, unless NO_COLOR asks for none. */
const coloured = (text: string): string =>
  process.stderr.isTTY && !process.env.NO_COLOR
    ? text.replace(/^error(?=[:[])/gm, "\u001b[31m$&\u001b[39m")
    : text;

/** Without the control characters that names in files may have: they act on a terminal. */
const plain = (text: string): string => text.replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, "\ufffd");
