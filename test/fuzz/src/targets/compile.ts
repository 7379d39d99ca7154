/** Specs with their architecture documents, compiled for every target. */
import { artifactFiles, compile as compileSpec } from "@sigil/compiler";
import { parseArchitecture, parseSpec } from "@sigil/spec";
import { ts } from "ts-morph";
import { WrongSuccess } from "../judge.ts";
import { jsonTarget } from "./json-target.ts";
import { config, documents, specs } from "./small-specs.ts";

interface Pair {
  readonly spec?: unknown;
  readonly document?: unknown;
}

export const compile = jsonTarget({
  name: "compile",
  about: "specs and documents through compile, for every target",
  goal: 1e5,
  open: async () => {
    const targets = ["cpu", "webgpu", "cuda"];
    const seeds: readonly Pair[] = [
      ...specs.map((spec) => ({ spec: { ...(spec as object), targets } })),
      ...documents().map((document) => ({
        spec: { name: "d", architecture: "siglip", config, targets },
        document,
      })),
    ];
    return { seeds, use };
  },
});

async function use(text: string): Promise<void> {
  let pair: Pair | null;
  try {
    pair = JSON.parse(text) as Pair | null;
  } catch {
    return;
  }
  const [spec, document] = [pair?.spec, pair?.document].map(textOf);
  const parsed = parseSpec(spec ?? "", { file: "/nowhere/fuzz.json" });
  const given =
    document === undefined
      ? undefined
      : parseArchitecture(document, { file: "/nowhere/architecture.json" });
  const compiled = await compileSpec(parsed, given?.architecture);
  for (const [name, content] of Object.entries(artifactFiles(compiled))) {
    if (!/^[a-zA-Z0-9_.-]+(\/[a-zA-Z0-9_-][a-zA-Z0-9_.-]*)*$/.test(name))
      throw new WrongSuccess(`a file called ${JSON.stringify(name)}`);
    if (/\.[jt]s$/.test(name)) checkSyntax(name, content);
  }
}

/** A part of an input as a file of its own; none where it nests deeper than can be written. */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** What is emitted holds declarations, and nothing that runs when it is imported but exports. */
function checkSyntax(name: string, content: string): void {
  const file = ts.createSourceFile(name, content, ts.ScriptTarget.ES2022);
  const { parseDiagnostics } = file as unknown as { parseDiagnostics: ts.Diagnostic[] };
  if (parseDiagnostics.length > 0) throw new WrongSuccess(`${name} does not parse`);
  for (const statement of file.statements)
    if (ts.isExpressionStatement(statement) || ts.isBlock(statement))
      throw new WrongSuccess(`${name} runs a statement`);
}
