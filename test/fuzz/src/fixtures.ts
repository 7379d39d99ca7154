/** The files that targets start from. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");

export const pathTo = (path: string): string => join(root, path);
export const readBytes = (path: string): Uint8Array => readFileSync(pathTo(path));
export const readJson = (path: string): unknown => JSON.parse(readFileSync(pathTo(path), "utf8"));

/** Paths of a folder's files whose names end so, in the order of their names. */
export const filesOf = (folder: string, end = ""): string[] =>
  readdirSync(pathTo(folder))
    .filter((name) => name.endsWith(end))
    .sort()
    .map((name) => join(folder, name));
