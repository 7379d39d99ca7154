/** What the lowering of a graph knows, and what it has made so far. */
import {
  entryOf,
  hasZeroPoints,
  isQuantized,
  storageOf,
  type Storage,
  type ModelSpec,
  type WeightStorage,
} from "@sigil/spec";
import { fixed, type Shape } from "../ir/extent.ts";
import {
  freshIds,
  readersByValue,
  type Graph,
  type Node,
  type Value,
  type WeightReference,
} from "../ir/graph.ts";
import type { LoweredLaunch, LoweredProgram } from "../kernels/lowered.ts";

/** The fields of a spec that decide the storage of weights. */
export type StorageOfWeights = Pick<ModelSpec, "storage" | "quantize" | "activations">;

/**
 * The place of a value without a buffer of its own: in the rows of another value, from an element
 * on.
 */
export interface View {
  readonly value: Value;
  readonly offset: number;
  readonly stride: number;
}

/**
 * Ops are lowered in the graph's order. One may absorb others, which then belong to its kernel and
 * are not lowered again.
 */
export class Lowering {
  readonly graph: Graph;
  readonly #stored: StorageOfWeights;
  readonly launches: LoweredLaunch[] = [];
  readonly gathers: LoweredProgram["gathers"][number][] = [];
  readonly #producers: ReadonlyMap<number, Node>;
  readonly #positions: ReadonlyMap<number, number>;
  readonly #readers: ReadonlyMap<number, readonly Node[]>;
  readonly #outputs: ReadonlySet<number>;
  readonly #absorbed = new Set<Node>();
  readonly #views = new Map<number, View>();
  readonly #freshId: () => number;

  constructor(graph: Graph, stored: StorageOfWeights) {
    this.graph = graph;
    this.#stored = stored;
    this.#producers = new Map(graph.nodes.map((node) => [node.output.id, node]));
    this.#positions = new Map(graph.nodes.map(({ output }, i) => [output.id, i]));
    this.#readers = readersByValue(graph);
    this.#outputs = new Set(graph.outputs.map(({ value }) => value.id));
    this.#freshId = freshIds(graph);
  }

  /** The node that makes a value; none makes an input. */
  producerOf(value: Value): Node | undefined {
    return this.#producers.get(value.id);
  }

  readersOf(value: Value): readonly Node[] {
    return this.#readers.get(value.id) ?? [];
  }

  /** Whether a caller sees the value. */
  isOutput(value: Value): boolean {
    return this.#outputs.has(value.id);
  }

  /** The one node that reads a value; none where several do or a caller sees it. */
  onlyReaderOf(value: Value): Node | undefined {
    const readers = this.readersOf(value);
    return this.isOutput(value) || readers.length !== 1 ? undefined : readers[0];
  }

  /** Whether a value is an input, or computed before this node's. */
  isBefore(value: Value, node: Node): boolean {
    return (
      (this.#positions.get(value.id) ?? -1) < entryOf(this.#positions, node.output.id, "value")
    );
  }

  absorb(node: Node): void {
    this.#absorbed.add(node);
  }

  isAbsorbed(node: Node): boolean {
    return this.#absorbed.has(node);
  }

  /** How a linear's weight is stored. */
  storageOf({ tensor, shape }: WeightReference): WeightStorage {
    return storageOf(
      this.#stored,
      tensor,
      shape.slice(1).reduce((a, b) => a * b, 1),
    );
  }

  /** Whether a linear that reads whole rows multiplies integers. */
  takesInt8(storage: WeightStorage, depth: number): boolean {
    return (
      this.#stored.activations === "int8" &&
      isQuantized(storage) &&
      storage.bits === 8 &&
      !hasZeroPoints(storage) &&
      storage.group >= depth &&
      // As many as a vector of integers holds.
      depth % 8 === 0
    );
  }

  /**
   * How a weight is stored that loading computes from the checkpoint's, so that no code fits it.
   */
  floatsOf(reference: WeightReference): Storage {
    const storage = this.storageOf(reference);
    return isQuantized(storage) ? this.#stored.storage : storage;
  }

  /** A float32 value of the kernels' own, which no node of the graph makes. */
  newValue(shape: Shape): Value {
    return { id: this.#freshId(), dtype: "float32", shape };
  }

  setView(value: Value, view: View): void {
    this.#views.set(value.id, view);
  }

  viewOf(value: Value): View | undefined {
    return this.#views.get(value.id);
  }

  /** Elements from one row of a value to the next. */
  strideOf(value: Value): number {
    return this.viewOf(value)?.stride ?? fixed(value.shape.at(-1), "channels");
  }
}
