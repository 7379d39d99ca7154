import { SigilError } from "@sigil/runtime";
import { DiagnosticError, formatDiagnostics } from "@sigil/spec";
import { CommanderError } from "commander";
import { fileError, isSystemError } from "./file-error.ts";

/**
 * The exit status of a command that has thrown: 2 for arguments that it does not take, else 1. What
 * it threw is on stderr then, without a stack: of input there is nothing in one to see.
 */
export function reportError(error: unknown): number {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`${plain(described(error))}\n`);
  return 1;
}

function described(error: unknown): string {
  if (error instanceof DiagnosticError) return formatDiagnostics(error.diagnostics);
  if (error instanceof SigilError) return `error: ${error.message}`;
  if (isSystemError(error) && error.path !== undefined)
    return `error: ${(fileError("read", error.path, error) as Error).message}`;
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  return `error: ${error.name}: ${error.message}\nThis is a fault of Sigil or of the platform rather than of what it was given.`;
}

/** Without the control characters that names in files may have: they act on a terminal. */
const plain = (text: string): string => text.replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, "\ufffd");
