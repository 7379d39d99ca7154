import {
  findNodeAtLocation,
  getNodeValue,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from "jsonc-parser";
import { DiagnosticError, type Diagnostic } from "./diagnostic.ts";

/** A parsed JSON file that remembers where its values stand. */
export interface JsonSource {
  readonly file: string;
  readonly text: string;
  readonly tree: Node;
  readonly value: unknown;
}

/** What a diagnostic says beside its place. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly notes?: readonly string[];
  readonly help?: string;
  /** Underline the key rather than the value. */
  readonly key?: boolean;
}

/** Parses strict JSON; throws a DiagnosticError that locates every syntax error. */
export function parseJson(text: string, file: string): JsonSource {
  const clean = text.replace(/^\uFEFF/, "");
  const errors: ParseError[] = [];
  const tree = parseTree(clean, errors, { disallowComments: true, allowTrailingComma: false });
  if (errors.length > 0 || tree === undefined) {
    const found =
      errors.length > 0 ? errors : [{ error: 4 as ParseError["error"], offset: 0, length: 0 }];
    throw new DiagnosticError(
      found.map(({ error, offset, length }) => {
        const words = printParseErrorCode(error)
          .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
          .toLowerCase();
        return located(clean, file, offset, length, {
          code: "malformed-json",
          message: `malformed JSON: ${words}`,
        });
      }),
    );
  }
  return { file, text: clean, tree, value: getNodeValue(tree) };
}

/** A diagnostic at a JSON pointer, or at its nearest ancestor that the file has. */
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
  const property = node.parent?.type === "property" ? node.parent.children![0]! : undefined;
  if (property !== undefined && (problem.key === true || !exact || (container && multiline)))
    node = property;
  const length = node === source.tree && container ? 1 : node.length;
  return { ...located(source.text, source.file, node.offset, length, problem), pointer };
}

/** A diagnostic about a file as a whole. */
export function fileDiagnostic(file: string, problem: Problem): Diagnostic {
  return { ...parts(problem), file };
}

function findNode(tree: Node, path: readonly string[]): Node | undefined {
  let node: Node | undefined = tree;
  for (const part of path) {
    if (node === undefined) return undefined;
    node = findNodeAtLocation(node, [node.type === "array" ? Number(part) : part]);
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
  const end = /[\r\n]|$/.exec(text.slice(offset))!.index + offset;
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
