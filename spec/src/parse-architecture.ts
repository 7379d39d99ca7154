/**
 * Reads architecture documents from files or by name, and checks them against their schema and
 * their own names.
 */
import { existsSync, readdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Architecture, Block, Step } from "./generated/architecture.ts";
import { DiagnosticError } from "./diagnostic-error.ts";
import type { Diagnostic } from "./diagnostic.ts";
import {
  completeGraph,
  placed,
  type CompleteGraph,
  type LocatedGraph,
  type Place,
} from "./extend-architecture.ts";
import { duplicateKeys, fileDiagnostic, parseJson, type JsonSource } from "./json-source.ts";
import { readText } from "./read-text.ts";
import { mostProblems, suggestion, validate } from "./schema-validation.ts";

/**
 * A graph of a document with its variants resolved, and a function that locates its parts in files.
 */
export interface ArchitecturePart {
  readonly graph: CompleteGraph;
  readonly locate: (pointer: string, message: string) => Diagnostic;
}

export interface ArchitectureDocument {
  /** The document as it was written. */
  readonly architecture: Architecture;
  /** Its complete graphs. */
  readonly parts: readonly ArchitecturePart[];
}

const folder = new URL("../architectures/", import.meta.url);

/** Outputs of these names are made by `collect`. */
const lists: ReadonlySet<string> = new Set(["hidden_states", "attentions"]);

/** The sorted names of the architectures in this package. */
export const listArchitectures = (): string[] =>
  readdirSync(folder)
    .flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -".json".length)] : []))
    .sort();

/**
 * Loads one of Sigil's architectures by name, or a document by its path. Throws DiagnosticError,
 * which lists every problem.
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
 * Parses a document. Throws DiagnosticError, which lists every problem that shows without a config.
 * Documents that it extends or uses must be Sigil's, or files in its folder.
 */
export function parseArchitecture(
  text: string,
  { file }: { readonly file: string },
): ArchitectureDocument {
  const source = parseJson(text, file);
  const diagnostics = duplicateKeys(source);
  diagnostics.push(...validate("architecture", source.value, source, ""));
  const architecture = source.value as Architecture;
  const graphs =
    diagnostics.length === 0 ? completeDocument(architecture, source, [file], diagnostics) : [];
  for (const { graph, at } of graphs) checkGraph(graph, at, diagnostics);
  if (diagnostics.length > 0)
    throw new DiagnosticError(
      diagnostics.sort(
        (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
      ),
    );
  return {
    architecture,
    parts: graphs.map(({ graph, at }) => ({
      graph,
      locate: (pointer, message) => placed(at(pointer), { code: "invalid-architecture", message }),
    })),
  };
}

/** The graphs of a document; `open` are the files that lead to it. Problems are reported. */
function completeDocument(
  document: Architecture,
  source: JsonSource,
  open: readonly string[],
  diagnostics: Diagnostic[],
): LocatedGraph[] {
  const load = (name: string, from: Place): LocatedGraph => loadGraph(name, from, open);
  const complete = (task: () => LocatedGraph): LocatedGraph[] => {
    try {
      return [task()];
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      diagnostics.push(...error.diagnostics);
      return [];
    }
  };
  if (!("programs" in document))
    return complete(() => completeGraph(document, { source, pointer: "" }, load));
  const graphs = document.programs.flatMap((program, i) => {
    const place = { source, pointer: `/programs/${i}` };
    return complete(() =>
      typeof program === "string" ? load(program, place) : completeGraph(program, place, load),
    ).map((located) => ({ ...located, place }));
  });
  // Programs are told apart by their names, also in files of systems that know no capitals.
  const known = new Set<string>();
  for (const { graph, place } of graphs) {
    const isNamed = typeof document.programs[Number(place.pointer.split("/")[2])] !== "string";
    if (known.has(graph.name.toLowerCase()))
      diagnostics.push(
        placed(isNamed ? { source, pointer: `${place.pointer}/name` } : place, {
          code: "duplicate-name",
          message: `another program has the name \`${graph.name}\``,
        }),
      );
    known.add(graph.name.toLowerCase());
  }
  return graphs;
}

/** Documents that lead from one to the next. */
const deepestExtension = 16;

/**
 * The one graph of a document that another names: one of Sigil's, or a file of that one's folder.
 * Throws a DiagnosticError.
 */
function loadGraph(name: string, from: Place, open: readonly string[]): LocatedGraph {
  const fail = (code: string, message: string, more: object = {}): never => {
    throw new DiagnosticError([placed(from, { code, message, ...more })]);
  };
  const isFile = name.endsWith(".json");
  if (isFile && !/^\.\/(?!.*(^|[\\/])\.\.)/.test(name))
    fail("invalid-value", `\`${name}\` is not in the folder of this document`, {
      help: "write a path inside that folder, such as `./tower.json`",
    });
  if (!isFile && !listArchitectures().includes(name))
    fail(
      "unknown-architecture",
      `no architecture \`${name}\``,
      suggestion(name, listArchitectures()),
    );
  const file = isFile
    ? resolve(dirname(from.source.file), name)
    : fileURLToPath(new URL(`${name}.json`, folder));
  if (open.includes(file)) fail("cyclic-document", `\`${name}\` extends or uses itself`);
  if (open.length > deepestExtension)
    fail(
      "cyclic-document",
      `documents extend each other more than ${deepestExtension} levels deep`,
    );
  let text: string;
  try {
    text = readText(file);
  } catch {
    return fail("missing-file", `cannot read \`${name}\``);
  }
  const source = parseJson(text, file);
  const diagnostics = duplicateKeys(source);
  diagnostics.push(...validate("architecture", source.value, source, ""));
  const document = source.value as Architecture;
  const graphs =
    diagnostics.length === 0
      ? completeDocument(document, source, [...open, file], diagnostics)
      : [];
  const [graph] = graphs;
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  if ("programs" in document || !graph)
    return fail("invalid-architecture", `\`${name}\` consists of several graphs: name one of them`);
  return graph;
}

/**
 * Names inside a graph: blocks that exist and do not contain themselves, values that are computed
 * before they are read.
 */
function checkGraph(graph: CompleteGraph, at: LocatedGraph["at"], diagnostics: Diagnostic[]): void {
  const report = (
    pointer: string,
    code: string,
    message: string,
    help?: () => { help: string },
  ): void => {
    if (diagnostics.length < mostProblems)
      diagnostics.push(placed(at(pointer), { code, message, ...help?.() }));
  };
  const blocks = graph.blocks ?? {};
  const walk = (steps: readonly Step[], known: Set<string>, place: string): void =>
    steps.forEach((step, i) => {
      const here = `${place}/steps/${i}`;
      if ("block" in step && !Object.hasOwn(blocks, step.block))
        report(`${here}/block`, "unknown-block", `no block \`${step.block}\``, () =>
          suggestion(step.block, Object.keys(blocks)),
        );
      (step.inputs ?? []).forEach((name, k) => {
        if (!known.has(name))
          report(
            `${here}/inputs/${k}`,
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
        `\`${output}\` is the list that steps \`collect\`, so no other output can have that name`,
        () => ({ help: "rename the output" }),
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
function cyclesOf(blocks: NonNullable<CompleteGraph["blocks"]>): [string, string[]][] {
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
    for (const one of inner) {
      const known = users.get(one);
      if (known) known.push(name);
      else users.set(one, [name]);
    }
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
