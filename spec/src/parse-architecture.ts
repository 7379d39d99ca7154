/**
 * Architecture documents from files or by name, checked against their schema and their own names.
 */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type {
  Architecture,
  ArchitectureComposition,
  ArchitectureGraph,
  Block,
  Step,
} from "./generated/architecture.ts";
import { DiagnosticError } from "./diagnostic-error.ts";
import type { Diagnostic } from "./diagnostic.ts";
import {
  diagnosticAt,
  duplicateKeys,
  fileDiagnostic,
  parseJson,
  type JsonSource,
} from "./json-source.ts";
import { readText } from "./read-text.ts";
import { mostProblems, suggestion, validate } from "./schema-validation.ts";

/** A document, and a way to point into the file that it came from. */
export interface ArchitectureDocument {
  readonly architecture: Architecture;
  readonly locate: (pointer: string, message: string) => Diagnostic;
}

const folder = new URL("../architectures/", import.meta.url);

/** Outputs of these names are made by `collect`. */
const lists: ReadonlySet<string> = new Set(["hidden_states", "attentions"]);

/** Names of the architectures of this package, sorted. */
export const listArchitectures = (): string[] =>
  readdirSync(folder)
    .flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -".json".length)] : []))
    .sort();

/**
 * One of Sigil's architectures by name, or a document's file. Throws a DiagnosticError with every
 * problem.
 */
export function loadArchitecture(name: string): ArchitectureDocument {
  const file = name.endsWith(".json") ? name : fileURLToPath(new URL(`${name}.json`, folder));
  if (!existsSync(file)) {
    throw new DiagnosticError([
      fileDiagnostic(name, {
        code: "unknown-architecture",
        message: `no architecture \`${name}\``,
        ...suggestion(name, listArchitectures()),
      }),
    ]);
  }
  let text: string;
  try {
    text = readText(file);
  } catch {
    const message = `cannot read \`${file}\``;
    throw new DiagnosticError([fileDiagnostic(name, { code: "missing-file", message })]);
  }
  return parseArchitecture(text, { file });
}

/**
 * Parses a document; throws a DiagnosticError with every problem that needs no config to be seen.
 */
export function parseArchitecture(
  text: string,
  { file }: { readonly file: string },
): ArchitectureDocument {
  const source = parseJson(text, file);
  const diagnostics = duplicateKeys(source);
  diagnostics.push(...validate("architecture", source.value, source, ""));
  if (diagnostics.length === 0) checkDocument(source, diagnostics);
  if (diagnostics.length > 0)
    throw new DiagnosticError(
      diagnostics.sort(
        (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
      ),
    );
  return {
    architecture: source.value as Architecture,
    locate: (pointer, message) =>
      diagnosticAt(source, pointer, { code: "invalid-architecture", message }),
  };
}

function checkDocument(source: JsonSource, diagnostics: Diagnostic[]): void {
  const document = source.value as Architecture;
  if (!("programs" in document)) return checkGraph(document, source, "", diagnostics);
  checkProgramNames(document.programs, source, diagnostics);
  document.programs.forEach((program, i) => {
    const prefix = `/programs/${i}`;
    if (typeof program === "string") {
      if (!listArchitectures().includes(program))
        diagnostics.push(
          diagnosticAt(source, prefix, {
            code: "unknown-architecture",
            message: `no architecture \`${program}\``,
            ...suggestion(program, listArchitectures()),
          }),
        );
      return;
    }
    checkGraph(program as ArchitectureGraph, source, prefix, diagnostics);
  });
}

/** Programs are told apart by their names, also in files of systems that know no capitals. */
function checkProgramNames(
  programs: ArchitectureComposition["programs"],
  source: JsonSource,
  diagnostics: Diagnostic[],
): void {
  const known = new Set<string>();
  programs.forEach((program, i) => {
    const name = typeof program === "string" ? program : program.name;
    if (known.has(name.toLowerCase()))
      diagnostics.push(
        diagnosticAt(source, `/programs/${i}${typeof program === "string" ? "" : "/name"}`, {
          code: "duplicate-name",
          message: `another program is called \`${name}\``,
        }),
      );
    known.add(name.toLowerCase());
  });
}

/**
 * Names inside a graph: blocks that exist and do not contain themselves, values that are computed
 * before they are read.
 */
function checkGraph(
  graph: ArchitectureGraph,
  source: JsonSource,
  prefix: string,
  diagnostics: Diagnostic[],
): void {
  const report = (
    pointer: string,
    code: string,
    message: string,
    help?: () => { help: string },
  ): void => {
    if (diagnostics.length < mostProblems)
      diagnostics.push(
        diagnosticAt(source, prefix + pointer, {
          code,
          message,
          ...help?.(),
        }),
      );
  };
  const blocks = graph.blocks ?? {};
  const walk = (steps: readonly Step[], known: Set<string>, place: string): void =>
    steps.forEach((step, i) => {
      const at = `${place}/steps/${i}`;
      if ("block" in step && !Object.hasOwn(blocks, step.block))
        report(`${at}/block`, "unknown-block", `no block \`${step.block}\``, () =>
          suggestion(step.block, Object.keys(blocks)),
        );
      (step.inputs ?? []).forEach((name, k) => {
        if (!known.has(name))
          report(
            `${at}/inputs/${k}`,
            "unknown-value",
            `no value \`${name}\` before this step`,
            () => suggestion(name, [...known]),
          );
      });
      known.add(step.name);
    });
  for (const [name, block] of Object.entries(blocks)) {
    const known = new Set(block.inputs);
    walk(block.steps, known, `/blocks/${name}`);
    if (!known.has(block.output))
      report(
        `/blocks/${name}/output`,
        "unknown-value",
        `no value \`${block.output}\` in this block`,
        () => suggestion(block.output, [...known]),
      );
  }
  for (const [name, cycle] of cyclesOf(blocks))
    report(
      `/blocks/${name}`,
      "cyclic-block",
      `block \`${name}\` contains itself: ${cycle.map((part) => `\`${part}\``).join(" in ")}`,
    );
  const known = new Set(Object.keys(graph.inputs));
  walk(graph.steps, known, "");
  for (const [output, value] of Object.entries(graph.outputs)) {
    if (lists.has(output))
      report(
        `/outputs/${output}`,
        "invalid-value",
        `\`${output}\` is what steps \`collect\`, so no other output can be called that`,
        () => ({ help: "call the output something else" }),
      );
    if (!known.has(value))
      report(`/outputs/${output}`, "unknown-value", `no value \`${value}\``, () =>
        suggestion(value, [...known]),
      );
  }
}

/** The blocks that a block's steps apply. */
const applied = ({ steps }: Block): readonly string[] =>
  steps.flatMap((step) => ("block" in step ? [step.block] : []));

/** Blocks that apply themselves, each with the shortest way back to it, innermost first. */
function cyclesOf(blocks: NonNullable<ArchitectureGraph["blocks"]>): [string, string[]][] {
  // Those that all blocks they apply are dropped from go too, until none does: few are left, as a
  // rule none, and each of these is searched from.
  const left = new Map(
    Object.entries(blocks).map(([name, block]) => [
      name,
      new Set(applied(block).filter((inner) => Object.hasOwn(blocks, inner))),
    ]),
  );
  const users = new Map<string, string[]>();
  for (const [name, inner] of left)
    for (const one of inner)
      users
        .set(one, users.get(one) ?? [])
        .get(one)!
        .push(name);
  const free = [...left].flatMap(([name, inner]) => (inner.size === 0 ? [name] : []));
  for (let name = free.pop(); name !== undefined; name = free.pop()) {
    left.delete(name);
    for (const user of users.get(name) ?? []) {
      left.get(user)?.delete(name);
      if (left.get(user)?.size === 0) free.push(user);
    }
  }
  return [...left.keys()].slice(0, mostProblems).flatMap((name) => {
    const ways = new Map<string, string[]>([[name, [name]]]);
    for (const [current, way] of ways)
      for (const inner of left.get(current) ?? []) {
        if (inner === name) return [[name, [name, ...way]] as [string, string[]]];
        if (!ways.has(inner)) ways.set(inner, [inner, ...way]);
      }
    return [];
  });
}
