/**
 * The operands of each family by name. Their order is said here alone: what a problem reads, then
 * what it writes.
 */
import type { Storage } from "@sigil/spec";
import type {
  AttentionProblem,
  EpilogueOperand,
  GemmProblem,
  MapProblem,
  PlacedOperand,
  Problem,
} from "./problem.ts";

/** An operand that an expression names. */
export interface NamedOperand<Place, T> {
  readonly place: Place;
  readonly operand: T;
}

/** Hands operands out in their order. */
function inOrder<T>(operands: readonly T[]): () => T {
  let given = 0;
  return () => {
    if (given >= operands.length)
      throw new Error(`internal: a kernel takes more than the ${given} operands that it got`);
    return operands[given++] as T;
  };
}

const named = <Place, T>(places: readonly Place[], next: () => T): NamedOperand<Place, T>[] =>
  places.map((place) => ({ place, operand: next() }));

/** The operand that an expression calls `name`. */
export function operandNamed<Place extends { readonly name: string }, T>(
  operands: readonly NamedOperand<Place, T>[],
  name: string,
): NamedOperand<Place, T> {
  const found = operands.find(({ place }) => place.name === name);
  if (!found) throw new Error(`internal: an expression names an operand ${name} that is not there`);
  return found;
}

export function gemmOperands<T>(
  { epilogueOperands }: Pick<GemmProblem, "epilogueOperands">,
  operands: readonly T[],
): {
  readonly a: T;
  readonly b: T;
  readonly epilogue: readonly NamedOperand<EpilogueOperand, T>[];
  readonly c: T;
} {
  const next = inOrder(operands);
  return { a: next(), b: next(), epilogue: named(epilogueOperands, next), c: next() };
}

export function attentionOperands<T>(
  { mask, probabilities }: Pick<AttentionProblem, "mask" | "probabilities">,
  operands: readonly T[],
): {
  readonly q: T;
  readonly k: T;
  readonly v: T;
  readonly mask: T | undefined;
  readonly out: T;
  readonly probabilities: T | undefined;
} {
  const next = inOrder(operands);
  return {
    q: next(),
    k: next(),
    v: next(),
    mask: mask ? next() : undefined,
    out: next(),
    probabilities: probabilities ? next() : undefined,
  };
}

/**
 * The operands of a row reduction by name. Their number says whether a norm has a weight and a
 * bias.
 */
export function rowOperands<T>(
  { mask = false }: { readonly mask?: boolean },
  operands: readonly T[],
): {
  readonly x: T;
  readonly mask: T | undefined;
  readonly weight: T | undefined;
  readonly bias: T | undefined;
  readonly out: T;
} {
  const next = inOrder(operands);
  return {
    x: next(),
    mask: mask ? next() : undefined,
    weight: !mask && operands.length > 2 ? next() : undefined,
    bias: !mask && operands.length > 3 ? next() : undefined,
    out: next(),
  };
}

export function mapOperands<Place, T>(
  { operands: places }: { readonly operands: readonly Place[] },
  operands: readonly T[],
): {
  readonly inputs: readonly NamedOperand<Place, T>[];
  readonly out: T;
} {
  const next = inOrder(operands);
  return { inputs: named(places, next), out: next() };
}

/** A map for a backend whose host gathers rows. */
export function withoutGather(problem: MapProblem): MapProblem<PlacedOperand> {
  const operands = problem.operands.flatMap((operand) =>
    operand.index === "ids" || operand.index === "gathered" ? [] : [operand],
  );
  if (operands.length < problem.operands.length)
    throw new Error("internal: a kernel gathers rows where the host does");
  return { ...problem, operands };
}

/** Which operands a problem reads, and which it writes, its result first. */
export function readAndWritten<T>(
  problem: Problem,
  operands: readonly T[],
): { readonly read: readonly T[]; readonly written: readonly T[] } {
  const count = problem.family === "attention" && problem.probabilities ? 2 : 1;
  return { read: operands.slice(0, -count), written: operands.slice(-count) };
}

/** The place of a Gemm's weight that may be stored in another type; undefined if it has none. */
export const matrixPlace = (problem: Problem, count: number): number | undefined =>
  problem.family === "gemm" && problem.b.kind === "weight"
    ? gemmOperands(problem, [...Array(count).keys()]).b
    : undefined;

/** How a table that a map gathers from is stored; undefined for all other operands. */
export function tableStorage(problem: Problem, place: number): Storage | undefined {
  const operand = problem.family === "map" ? problem.operands[place] : undefined;
  return operand?.index === "gathered" ? operand.storage : undefined;
}
