/**
 * What a user reads about a bad document: each `diagnostics/<name>.json` renders as `<name>.txt`
 * (vitest -u rewrites them).
 */
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { DiagnosticError, formatDiagnostics, parseArchitecture, parseSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, "diagnostics");
const files = readdirSync(folder);

describe("diagnostics", () => {
  for (const file of files.filter((name) => name.endsWith(".json")))
    it(basename(file, ".json"), async () => {
      const text = readFileSync(join(folder, file), "utf8");
      const parse = file.startsWith("architecture-")
        ? () => parseArchitecture(text, { file })
        : () => parseSpec(text, { file });
      let rendered = "";
      try {
        parse();
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        rendered = `${formatDiagnostics(error.diagnostics)}\n`;
      }
      await expect(rendered).toMatchFileSnapshot(join(folder, file.replace(/\.json$/, ".txt")));
      expect(rendered).toContain("error[");
    });
  it("have no orphans", () =>
    expect(
      files.filter(
        (name) => name.endsWith(".txt") && !files.includes(name.replace(/\.txt$/, ".json")),
      ),
    ).toEqual([]));
});
