import { existsSync, readFileSync } from "node:fs";

/** Lines of a JSON lines file; none if it is not there. */
export const readLines = <T>(file: string): T[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as T)
    : [];
