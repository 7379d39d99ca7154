/**
 * Completes the graphs of documents: lays variants over what they extend, and adds blocks of other
 * documents.
 */
import type {
  ArchitectureGraph,
  ArchitectureVariant,
  Block,
  BlockVariant,
  Step,
} from "./generated/architecture.ts";
import { DiagnosticError } from "./diagnostic-error.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { diagnosticAt, type JsonSource, type Problem } from "./json-source.ts";
import { suggestion } from "./schema-validation.ts";

/** A complete graph: not a variant, and with every block that it applies. */
export type CompleteGraph = Omit<ArchitectureGraph, "blocks" | "uses"> & {
  readonly blocks?: Readonly<Record<string, Block>>;
};

/** A place in a file, for messages. */
export interface Place {
  readonly source: JsonSource;
  readonly pointer: string;
}

/** A graph, and where a pointer into it was written. */
export interface LocatedGraph {
  readonly graph: CompleteGraph;
  readonly at: (pointer: string) => Place;
}

/** Steps and where each came from. */
interface Merged {
  readonly steps: readonly Step[];
  readonly from: readonly { readonly own: boolean; readonly index: number }[];
}

/** A block, and where a pointer below it was written. */
interface LocatedBlock {
  readonly block: Block;
  readonly at: (pointer: string) => Place;
}

export const placed = ({ source, pointer }: Place, problem: Problem): Diagnostic =>
  diagnosticAt(source, pointer, problem);

/**
 * The graph of a part of a document, variants and the blocks of other documents resolved by `load`,
 * which throws for what it does not find. Throws a DiagnosticError.
 */
export function completeGraph(
  part: ArchitectureGraph | ArchitectureVariant,
  place: Place,
  load: (name: string, from: Place) => LocatedGraph,
): LocatedGraph {
  const at = (pointer: string): Place => ({ ...place, pointer: place.pointer + pointer });
  const base = "extends" in part ? load(part.extends, at("/extends")) : undefined;
  const used = (part.uses ?? []).map((name, i) => load(name, at(`/uses/${i}`)));
  const blocks = completeBlocks(part.blocks ?? {}, at, [...used, ...(base ? [base] : [])]);
  const { uses: _uses, blocks: _blocks, ...own } = part;
  if (base === undefined)
    return {
      graph: {
        ...(own as Omit<ArchitectureGraph, "uses" | "blocks">),
        ...(blocks.size > 0 && { blocks: blocksOf(blocks) }),
      },
      at: (pointer) => atBlock(blocks, pointer) ?? at(pointer),
    };
  const { extends: _extends, ...stated } = own as Omit<ArchitectureVariant, "uses" | "blocks">;
  const merged = mergeSteps(base.graph.steps, stated.steps ?? []);
  const maps = ["symbols", "dimensions", "inputs"] as const;
  const graph = {
    ...base.graph,
    ...stated,
    ...Object.fromEntries(
      maps.map((key) => [
        key,
        Object.fromEntries([
          ...Object.entries(base.graph[key] ?? {}),
          ...Object.entries(stated[key] ?? {}),
        ]),
      ]),
    ),
    blocks: blocksOf(blocks),
    steps: merged.steps,
  } as CompleteGraph;
  return {
    graph,
    at: (pointer) => {
      const [, key = "", name = "", rest = ""] =
        /^\/([^/]*)(?:\/([^/]*))?(.*)$/.exec(pointer) ?? [];
      if (key === "blocks") return atBlock(blocks, pointer) ?? at(pointer);
      if (key === "steps") return atStep(merged, name, rest, at, base.at, pointer);
      const mine = stated[key as keyof typeof stated] as Record<string, unknown> | undefined;
      const isOwn = (maps as readonly string[]).includes(key)
        ? Object.hasOwn(mine ?? {}, name)
        : mine !== undefined;
      return (isOwn ? at : base.at)(pointer);
    },
  };
}

const blocksOf = (blocks: ReadonlyMap<string, LocatedBlock>): Record<string, Block> =>
  Object.fromEntries([...blocks].map(([name, { block }]) => [name, block]));

function atBlock(blocks: ReadonlyMap<string, LocatedBlock>, pointer: string): Place | undefined {
  const [, name, rest = ""] = /^\/blocks\/([^/]*)(.*)$/.exec(pointer) ?? [];
  return name === undefined ? undefined : blocks.get(name)?.at(rest);
}

function atStep(
  { from }: Merged,
  index: string,
  rest: string,
  own: (pointer: string) => Place,
  base: (pointer: string) => Place,
  pointer: string,
): Place {
  const origin = from[Number(index)];
  return origin ? (origin.own ? own : base)(`/steps/${origin.index}${rest}`) : own(pointer);
}

/** A document's own blocks over those of others, of which a later one goes before an earlier. */
function completeBlocks(
  own: Readonly<Record<string, Block | BlockVariant>>,
  at: (pointer: string) => Place,
  others: readonly LocatedGraph[],
): ReadonlyMap<string, LocatedBlock> {
  const known = new Map<string, LocatedBlock>(
    others.flatMap(({ graph, at: there }) =>
      Object.entries(graph.blocks ?? {}).map(
        ([name, block]) =>
          [name, { block, at: (rest) => there(`/blocks/${name}${rest}`) }] satisfies [
            string,
            LocatedBlock,
          ],
      ),
    ),
  );
  const given = new Map(known);
  const diagnostics: Diagnostic[] = [];
  for (const [name, block] of Object.entries(own)) {
    const here = (rest: string): Place => at(`/blocks/${name}${rest}`);
    if (!("extends" in block)) {
      known.set(name, { block, at: here });
      continue;
    }
    const { extends: extended, ...stated } = block;
    const base = given.get(extended);
    if (!base) {
      diagnostics.push(
        placed(here("/extends"), {
          code: "unknown-block",
          message: `no block \`${extended}\` in the documents that this one extends or uses`,
          ...suggestion(extended, [...given.keys()]),
        }),
      );
      continue;
    }
    const merged = mergeSteps(base.block.steps, stated.steps ?? []);
    known.set(name, {
      block: { ...base.block, ...stated, steps: merged.steps },
      at: (rest) => {
        const [, key = "", index = "", deeper = ""] =
          /^\/([^/]*)(?:\/([^/]*))?(.*)$/.exec(rest) ?? [];
        if (key === "steps") return atStep(merged, index, deeper, here, base.at, rest);
        return key === "" || key in stated ? here(rest) : base.at(rest);
      },
    });
  }
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return known;
}

/**
 * Steps laid over others: those of a name that is there take its place, with those that stand
 * before them; those after the last come last.
 */
function mergeSteps(base: readonly Step[], own: readonly Step[]): Merged {
  const names = new Set(base.map(({ name }) => name));
  const instead = new Map<string, number[]>();
  let waiting: number[] = [];
  own.forEach(({ name }, index) => {
    waiting.push(index);
    if (!names.has(name)) return;
    instead.set(name, [...(instead.get(name) ?? []), ...waiting]);
    waiting = [];
  });
  const placedOnce = new Set<string>();
  const from = base.flatMap(({ name }, index) => {
    const replaced = instead.get(name);
    if (!replaced) return [{ own: false, index }];
    if (placedOnce.has(name)) return [];
    placedOnce.add(name);
    return replaced.map((i) => ({ own: true, index: i }));
  });
  from.push(...waiting.map((index) => ({ own: true, index })));
  return { steps: from.map((one) => (one.own ? own : base)[one.index]!), from };
}
