/** Writes files so that a folder never has an incomplete one. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";

/** The path of a file in a folder. Throws for a name that leads out of the folder. */
function placeIn(folder: string, name: string): string {
  const inside = normalize(name);
  if (isAbsolute(inside) || inside === "." || inside.split(sep)[0] === "..")
    throw new Error(`internal: a file named ${JSON.stringify(name)} is not inside ${folder}`);
  return join(folder, inside);
}

/**
 * Writes every file beside its place, then moves all of them into place. On failure the old files
 * stay. Throws before writing anything if a name leads out of the folder.
 */
export function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): void {
  const places = Object.entries(files).map(
    ([name, content]) => [placeIn(folder, name), content] as const,
  );
  const waiting: { from: string; to: string }[] = [];
  try {
    for (const [to, content] of places) {
      const from = `${to}.${process.pid}.part`;
      try {
        mkdirSync(dirname(to), { recursive: true });
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        throw new Error(
          ["EEXIST", "ENOTDIR"].includes(code ?? "")
            ? `cannot write ${to}: ${dirname(to)} is not a folder`
            : message,
          { cause },
        );
      }
      waiting.push({ from, to });
      writeFileSync(from, content);
    }
    for (const { from, to } of waiting) renameSync(from, to);
  } finally {
    for (const { from } of waiting) rmSync(from, { force: true });
  }
}
