import type { Diagnostic } from "./diagnostic.ts";

/**
 * Formats diagnostics for a terminal: message, place, the line with a caret, notes and help. A
 * blank line separates them.
 */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(formatDiagnostic).join("\n\n");
}

/** The longest line that is shown as a whole. */
const mostShown = 160;
/** How much of a longer line is shown before the place. */
const mostBefore = 60;

const clean = (text: string): string => text.replace(/[^\P{Cc}\t]/gu, "\ufffd");

/**
 * A line without characters that act on the terminal. A long line is cut to what surrounds the
 * place.
 */
function excerpt(
  lineText: string,
  at: number,
  length: number,
): { readonly text: string; readonly before: string; readonly length: number } {
  const long = lineText.length > mostShown;
  const begin = long ? Math.max(0, at - mostBefore) : 0;
  const end = long ? Math.min(lineText.length, begin + mostShown) : lineText.length;
  const head = begin > 0 ? "…" : "";
  return {
    text: `${head}${clean(lineText.slice(begin, end))}${end < lineText.length ? "…" : ""}`,
    before: head + clean(lineText.slice(begin, at)),
    length: Math.max(1, Math.min(length, end - at)),
  };
}

function formatDiagnostic(diagnostic: Diagnostic): string {
  const { line, column, lineText } = diagnostic;
  const lines = [`${diagnostic.severity}[${diagnostic.code}]: ${diagnostic.message}`];
  const margin = " ".repeat(String(line ?? "").length);
  if (diagnostic.file !== undefined)
    lines.push(
      `${margin}--> ` +
        `${[diagnostic.file, line, column].filter((part) => part !== undefined).join(":")}`,
    );
  if (line !== undefined && column !== undefined && lineText !== undefined) {
    const { text, before, length } = excerpt(
      lineText,
      column - 1,
      Math.max(1, diagnostic.length ?? 1),
    );
    lines.push(
      `${margin} |`,
      `${line} | ${text}`,
      `${margin} | ${before.replace(/[^\t]/g, " ")}${"^".repeat(length)}`,
    );
  }
  for (const note of diagnostic.notes) lines.push(`${margin} = note: ${note}`);
  if (diagnostic.help !== undefined) lines.push(`${margin} = help: ${diagnostic.help}`);
  // Names and values of a file stand in all of these.
  return lines.map(clean).join("\n");
}
