import { SigilError } from "@sigil/runtime";
import { DiagnosticError, formatDiagnostics } from "@sigil/spec";
import { fileError, isSystemError } from "./file-error.ts";

/**
 * Prints what a command threw to stderr and returns the exit status, 1. The stack is left out: it
 * says nothing about the input.
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
    `error: ${error.name}: ${error.message}\nThis is a fault of Sigil or of the platform, ` +
    "not of the input."
  );
}

/** On a terminal the leading "error" is red, unless NO_COLOR is set. */
const coloured = (text: string): string =>
  process.stderr.isTTY && !process.env.NO_COLOR
    ? text.replace(/^error(?=[:[])/gm, "\u001b[31m$&\u001b[39m")
    : text;

/** Replaces control characters, which a name in a file may use to act on the terminal. */
const plain = (text: string): string => text.replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, "\ufffd");
