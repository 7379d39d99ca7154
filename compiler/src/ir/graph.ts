/**
 * A model as operations on values, in the order in which they can run. Primitive nodes come from an
 * architecture document;
 * each knows the place that it came from, so that a later stage can name it.
 */
import type { PlanKind, PlannedTensor } from "@sigil/spec";
import { lineComment } from "../text/comment.ts";
import { showShape, type Shape } from "./extent.ts";

/**
 * Where a node came from: a JSON pointer into the document, and the module path of its weights
 * (transformers' name).
 */
export interface Origin {
  readonly document: string;
  readonly pointer: string;
  readonly path: string;
}

/** Rows `begin` to `end` of a checkpoint tensor. */
export interface WeightReference {
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** How a value's elements lie in memory; only `passes/narrow.ts` makes 16-bit ones. */
export type ValueType = PlannedTensor["dtype"] | "float16" | "bfloat16";

export interface Value {
  readonly id: number;
  readonly shape: Shape;
  /** `uint8`: bytes of a picture, an input only. */
  readonly dtype: ValueType;
}

export interface Node {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly weights: Readonly<Record<string, WeightReference>>;
  readonly attributes: Readonly<Record<string, string | number | boolean | readonly number[]>>;
  readonly output: Value;
  readonly origin: Origin;
}

export interface Graph {
  readonly name: string;
  /** The runtime's class for it alone, and for the model whose part it is. */
  readonly kind?: PlanKind;
  readonly model?: PlanKind;
  /** Largest value of each symbol. */
  readonly symbols: Readonly<Record<string, number>>;
  readonly inputs: readonly GraphInput[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
}

export interface GraphInput {
  readonly name: string;
  readonly value: Value;
  readonly default?: NonNullable<PlannedTensor["default"]>;
  /** The checkpoint tensor that the runtime makes the input from. */
  readonly table?: WeightReference;
}

/** An input that a node's op must have: graphs are checked before. */
export function inputOf({ inputs }: Pick<Node, "inputs">, place = 0): Value {
  const value = inputs[place];
  if (!value) throw new Error(`internal: a node has no input ${place}`);
  return value;
}

/** The weight that a node's op must have in its role `weight`. */
export function weightOf({ weights: { weight } }: Pick<Node, "weights">): WeightReference {
  if (!weight) throw new Error("internal: a node has no weight");
  return weight;
}

/** The nodes that read each value, by its id, in the graph's order. */
export function readersByValue({ nodes }: Graph): ReadonlyMap<number, readonly Node[]> {
  const readers = new Map<number, Node[]>();
  for (const node of nodes)
    for (const { id } of node.inputs) {
      const known = readers.get(id);
      if (known) known.push(node);
      else readers.set(id, [node]);
    }
  return readers;
}

/** Ids that no value of the graph has. */
export function freshIds({ nodes, inputs }: Graph): () => number {
  let last = 0;
  for (const { output } of nodes) last = Math.max(last, output.id);
  for (const { value } of inputs) last = Math.max(last, value.id);
  return () => ++last;
}

/** The text form of a graph, as `--dump` writes it. */
export function showGraph(graph: Graph): string {
  const lines = graph.inputs.map(
    ({ name, value }) => `%${value.id} = input ${name} : ${value.dtype}${showShape(value.shape)}`,
  );
  for (const node of graph.nodes) {
    const weights = Object.entries(node.weights).map(
      ([role, w]) => `${role}=${w.tensor}[${w.begin}:${w.end}]`,
    );
    const attributes = Object.entries(node.attributes).map(([key, value]) => `${key}=${value}`);
    const args = [...node.inputs.map((value) => `%${value.id}`), ...weights, ...attributes].join(
      ", ",
    );
    lines.push(
      `%${node.output.id} = ${node.op}(${args}) : ${showShape(node.output.shape)}  ` +
        `${lineComment("//", node.origin.path)}`,
    );
  }
  for (const { name, value } of graph.outputs) lines.push(`return ${name} = %${value.id}`);
  return `${lines.join("\n")}\n`;
}
