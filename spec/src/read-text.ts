import { readFileSync, statSync } from "node:fs";

/** No document is longer, in bytes; published ones have a few kB. */
const longest = 64 << 20;

/**
 * The text of a document. Throws for what is no file, since a pipe or a device may have no end, and
 * for what is too long to be a document.
 */
export function readText(path: string): string {
  const state = statSync(path);
  if (!state.isFile() || state.size > longest) throw new Error(`${path} is not a document`);
  return readFileSync(path, "utf8");
}
