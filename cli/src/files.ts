/** Files that commands read and write, with errors that name them. */
import { readFileSync, statSync } from "node:fs";
import { writeFiles } from "@sigil/compiler";
import { foreignFormat } from "@sigil/runtime/node";
import { FileError, fileError, isSystemError } from "./file-error.ts";
import { makeFolder } from "./make-folder.ts";

/** No file of a tokenizer or of settings is longer, in bytes; that of Gemma has 34 MB. */
const longest = 512 << 20;

/**
 * The bytes of a file. Throws FileError, also for a file that stands for another, such as a Git LFS
 * pointer.
 */
export function readInput(path: string): Buffer {
  let bytes: Buffer;
  try {
    // A pipe or a device may have no end.
    const state = statSync(path);
    if (!state.isFile()) throw new FileError(`cannot read ${path}: it is not a file`);
    if (state.size > longest)
      throw new FileError(
        `cannot read ${path}: expected at most ${longest} bytes, received ${state.size}`,
      );
    bytes = readFileSync(path);
  } catch (cause) {
    throw fileError("read", path, cause);
  }
  const what = foreignFormat(bytes);
  if (what !== undefined) throw new FileError(`${path} ${what}`);
  return bytes;
}

/** Writes files into a folder, all or none. Throws FileError. */
export async function writeOutput(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  try {
    await makeFolder(folder);
    writeFiles(folder, files);
  } catch (error) {
    // A full disk is told without a path, and others with that of a file under way.
    if (isSystemError(error))
      throw fileError("write", error.path?.replace(/\.\d+\.part$/, "") ?? `into ${folder}`, error);
    if (error instanceof Error && isSystemError(error.cause))
      throw new FileError(error.message, { cause: error });
    throw error;
  }
}
