import type { Diagnostic } from "./diagnostic.ts";

/** Diagnostics as text for a terminal: message, place, the line with a caret, notes and help; a blank line between two. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(formatDiagnostic).join("\n\n");
}

function formatDiagnostic(diagnostic: Diagnostic): string {
  const { line, column, lineText } = diagnostic;
  const lines = [`${diagnostic.severity}[${diagnostic.code}]: ${diagnostic.message}`];
  const margin = " ".repeat(String(line ?? "").length);
  if (diagnostic.file !== undefined) lines.push(`${margin}--> ${[diagnostic.file, line, column].filter((part) => part !== undefined).join(":")}`);
  if (line !== undefined && column !== undefined && lineText !== undefined) {
    const indent = lineText.slice(0, column - 1).replace(/[^\t]/g, " ");
    lines.push(`${margin} |`, `${line} | ${lineText}`, `${margin} | ${indent}${"^".repeat(Math.max(1, diagnostic.length ?? 1))}`);
  }
  for (const note of diagnostic.notes) lines.push(`${margin} = note: ${note}`);
  if (diagnostic.help !== undefined) lines.push(`${margin} = help: ${diagnostic.help}`);
  return lines.join("\n");
}
