/** What compilers made, kept in files that are named by everything that decided their content. */
import { createHash } from "node:crypto";
import { access, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where results of a kind are kept: in `$XDG_CACHE_HOME/sigil`, or `~/.cache/sigil`. */
export const cacheFolder = (kind: string): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "sigil", kind);

/** A name for what is decided by these texts, in their order. */
export const digest = (parts: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("hex").slice(0, 40);
};

/** Names and texts of a folder's files, those of its folders too. */
export async function contents(folder: string, suffix: RegExp): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true }))
    .filter((name) => suffix.test(name))
    .sort();
  return (
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")]))
  ).flat();
}

export const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/**
 * Makes `file` by a command that writes to the path given to it, unless it is there: whole or not
 * at all, whoever else makes the same.
 */
export async function make(
  file: string,
  write: (partial: string) => Promise<unknown>,
): Promise<void> {
  if (await exists(file)) return;
  const partial = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
  try {
    await write(partial);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}
