import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A digest of everything that decides what a compiler makes of sources: the sources, the headers beside them and how they are compiled. */
export async function hashSources(sources: Readonly<Record<string, string>>, headers: string, settings: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  const add = (...parts: readonly string[]): void => parts.forEach((part) => hash.update(`${part.length}:${part}`));
  add(...settings);
  for (const name of Object.keys(sources).sort()) add(name, sources[name]!);
  const files = (await readdir(headers, { recursive: true })).filter((name) => /\.(cuh|h)$/.test(name)).sort();
  for (const name of files) add(name, await readFile(join(headers, name), "utf8"));
  return hash.digest("hex");
}
