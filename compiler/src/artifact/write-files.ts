/** Writes files so that a folder never holds half of one. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Writes every file beside its place, then moves all of them there; a failure leaves what was there
 * before.
 */
export function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): void {
  const waiting: { from: string; to: string }[] = [];
  try {
    for (const [name, content] of Object.entries(files)) {
      const to = join(folder, name);
      const from = `${to}.${process.pid}.part`;
      try {
        mkdirSync(dirname(to), { recursive: true });
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        throw new Error(
          ["EEXIST", "ENOTDIR"].includes(code ?? "")
            ? `cannot write ${to}: ${dirname(to)} is no folder`
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
