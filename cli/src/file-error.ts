import { SigilError } from "@sigil/runtime";
import { fileProblem } from "@sigil/runtime/node";

/** A file that a command cannot read or write; the message names it and says why. */
export class FileError extends SigilError {
  override readonly name = "FileError";
  readonly code = "file";
}

/**
 * Whether an error comes from the operating system, with a code such as ENOENT, or from Node for a
 * path that no system takes.
 */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error &&
  /^(E[A-Z]+|ERR_INVALID_ARG_VALUE)$/.test((error as NodeJS.ErrnoException).code ?? "");

/** Turns an error of the operating system into a FileError. Returns any other error unchanged. */
export function fileError(what: "read" | "write", path: string, cause: unknown): unknown {
  return isSystemError(cause)
    ? new FileError(`cannot ${what} ${path}: ${fileProblem(cause)}`, { cause })
    : cause;
}
