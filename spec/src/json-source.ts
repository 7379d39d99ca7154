import { parseTree, printParseErrorCode, type Node, type ParseError } from "jsonc-parser";
import { DiagnosticError } from "./diagnostic-error.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { deepestJson, JsonDepthError, parsePythonJson, strictJson } from "./python-json.ts";

/** A parsed JSON file that knows the places of its values. */
export interface JsonSource {
  readonly file: string;
  readonly text: string;
  readonly tree: Node;
  readonly value: unknown;
}

/** What a diagnostic says besides its place. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly notes?: readonly string[];
  readonly help?: string;
  /** Underline the key rather than the value. */
  readonly key?: boolean;
}

/** The most syntax errors that are listed. Later ones mostly follow from the first. */
const mostSyntaxErrors = 10;

/**
 * Parses JSON, including `NaN`, `Infinity` and `-Infinity` as Python writes them. Throws
 * DiagnosticError, which locates every syntax error.
 */
export function parseJson(text: string, file: string): JsonSource {
  const clean = text.replace(/^\uFEFF/, "");
  const fail = (offset: number, length: number, message: string): Diagnostic =>
    located(clean, file, offset, length, { code: "malformed-json", message });
  const errors: ParseError[] = [];
  try {
    // The tree first: what is no JSON at all has its errors from there.
    const tree = parseTree(strictJson(clean).strict, errors, {
      disallowComments: true,
      allowTrailingComma: false,
    });
    const value = parsePythonJson(clean);
    if (!tree) throw new Error("internal: a value was read, and no tree");
    return { file, text: clean, value, tree };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    if (cause instanceof JsonDepthError)
      throw new DiagnosticError([
        fail(cause.offset, 1, `nested deeper than ${deepestJson} levels`),
      ]);
    if (errors.length === 0)
      throw new DiagnosticError([fail(0, 1, `malformed JSON: ${cause.message}`)]);
    throw new DiagnosticError(
      errors.slice(0, mostSyntaxErrors).map(({ error, offset, length }) => {
        const words = printParseErrorCode(error)
          .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
          .toLowerCase();
        return fail(offset, length, `malformed JSON: ${words}`);
      }),
    );
  }
}

/** Makes a diagnostic at a JSON pointer, or at the nearest ancestor that exists in the file. */
export function diagnosticAt(source: JsonSource, pointer: string, problem: Problem): Diagnostic {
  const path = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  let node: Node | undefined;
  let exact = true;
  for (; node === undefined; exact &&= node !== undefined) {
    node = path.length === 0 ? source.tree : findNode(source.tree, path);
    if (node === undefined) path.pop();
  }
  const container = node.type === "object" || node.type === "array";
  const multiline = source.text.slice(node.offset, node.offset + node.length).includes("\n");
  const property = node.parent?.type === "property" ? node.parent.children?.[0] : undefined;
  if (property !== undefined && (problem.key === true || !exact || (container && multiline)))
    node = property;
  const length = node === source.tree && container ? 1 : node.length;
  return { ...located(source.text, source.file, node.offset, length, problem), pointer };
}

/**
 * Reports keys that occur twice in one object, in files that people write: one of the two would be
 * ignored. A checkpoint's config.json is read as Python reads it, which takes the last.
 */
export function duplicateKeys({ file, text, tree }: JsonSource): Diagnostic[] {
  const found: Diagnostic[] = [];
  const visit = ({ type, children = [] }: Node): void => {
    const seen = new Set<unknown>();
    for (const child of children) {
      const key = type === "object" ? child.children?.[0] : undefined;
      if (key && seen.has(key.value))
        found.push(
          located(text, file, key.offset, key.length, {
            code: "duplicate-key",
            message: `key ${JSON.stringify(key.value)} occurs twice in this object`,
          }),
        );
      if (key) seen.add(key.value);
      visit(child);
    }
  };
  visit(tree);
  return found.slice(0, mostSyntaxErrors);
}

/** A diagnostic about a file as a whole. */
export function fileDiagnostic(file: string, problem: Problem): Diagnostic {
  return { ...parts(problem), file };
}

/** The node at a path; of a key that stands twice the last, whose value the file has. */
function findNode(tree: Node, path: readonly string[]): Node | undefined {
  let node: Node | undefined = tree;
  for (const part of path) {
    node =
      node?.type === "array"
        ? node.children?.[Number(part)]
        : node?.children?.findLast(({ children }) => children?.[0]?.value === part)?.children?.[1];
  }
  return node;
}

function located(
  text: string,
  file: string,
  offset: number,
  length: number,
  problem: Problem,
): Diagnostic {
  const start =
    Math.max(
      text.lastIndexOf("\n", offset - 1),
      offset === 0 ? -1 : text.lastIndexOf("\r", offset - 1),
    ) + 1;
  const lineStart = offset === 0 ? 0 : start;
  const end = text.slice(offset).search(/[\r\n]|$/) + offset;
  const line = text.slice(0, lineStart).split("\n").length;
  return {
    ...parts(problem),
    file,
    line,
    column: offset - lineStart + 1,
    length: Math.max(1, Math.min(length, end - offset)),
    lineText: text.slice(lineStart, end),
  };
}

function parts({ code, message, notes = [], help }: Problem): Diagnostic {
  return { code, severity: "error", message, notes, ...(help === undefined ? {} : { help }) };
}
