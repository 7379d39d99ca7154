/**
 * The operands of a kernel as bindings: views of one value share one, since WebGPU forbids
 * overlapping writable ranges.
 */
import { entryOf } from "@sigil/spec";
import type { LoweredOperand } from "../../kernels/lowered.ts";
import {
  element,
  type Access,
  type ArrayVariable,
  type KernelWriter,
} from "./wgsl/kernel-writer.ts";
import {
  bytes,
  float,
  u32,
  vec4,
  type F32,
  type Float,
  type Node,
  type U32,
  type Vec4,
} from "./wgsl/nodes.ts";

/**
 * An element's index as a sum of nodes times constants, so that it can be divided by four when
 * compiling.
 */
export type Terms = readonly (readonly [U32, number])[];

/**
 * The properties of an operand that decide the shader: its binding, and its first element in that.
 */
export interface OperandView {
  readonly slot: number;
  readonly offset: number;
  readonly access: Access;
}

/**
 * Groups operands by the value or weight that they are views of. Values are bound for writing,
 * since the arena is one buffer and a dispatch may use a buffer in one way only.
 */
export function viewOperands(operands: readonly LoweredOperand[]): readonly OperandView[] {
  const slots = new Map<string, number>();
  return operands.map((operand, i) => {
    const key = operand.kind === "value" ? `value ${operand.value.id}` : `weight ${i}`;
    const slot = slots.get(key) ?? slots.size;
    slots.set(key, slot);
    return {
      slot,
      offset: operand.kind === "value" ? operand.offset : 0,
      access: operand.kind === "value" ? "read_write" : "read",
    };
  });
}

/** How a kernel means to read or write an operand. */
export interface OperandUse {
  readonly name: string;
  /**
   * Every constant that its addresses are multiples of; vectors are loaded whole if four divides
   * them all.
   */
  readonly steps: readonly number[];
  /** What holds four 16-bit values, or words of codes and scales. */
  readonly packed?: "vec2u" | "vec4h" | "vec4u" | undefined;
  /** A word holds four bytes. */
  readonly bytes?: boolean;
}

export class Operand {
  readonly #array: ArrayVariable;
  readonly #offset: number;

  constructor(array: ArrayVariable, offset: number) {
    this.#array = array;
    this.#offset = offset;
  }

  /** Whether four elements are one load. */
  get vectors(): boolean {
    return this.#array.element === "vec4f";
  }

  #index(terms: Terms, divisor: number): U32 {
    return terms.reduce(
      (sum, [node, factor]) => u32.add(sum, u32.mul(node, u32.const(factor / divisor))),
      u32.const(this.#offset / divisor),
    );
  }

  /** Four elements; of the last of a row only `valid` exist, the others are zero. */
  load4(f: KernelWriter, terms: Terms, valid = 4): Vec4 {
    if (this.vectors) return element(this.#array as ArrayVariable<"vec4f">, this.#index(terms, 4));
    const at = f.let("at", this.#index(terms, 1));
    const lane = (i: number): F32 =>
      i < valid
        ? element(this.#array as ArrayVariable<"f32">, u32.add(at, u32.const(i)))
        : float.const("f32", 0);
    return vec4.of(lane(0), lane(1), lane(2), lane(3));
  }

  load(f: KernelWriter, terms: Terms): F32 {
    if (!this.vectors) return element(this.#array as ArrayVariable<"f32">, this.#index(terms, 1));
    const at = f.let("at", this.#index(terms, 1));
    const quad = element(this.#array as ArrayVariable<"vec4f">, u32.div(at, u32.const(4)));
    return vec4.at(quad, u32.rem(at, u32.const(4)));
  }

  /** One element or four, as `type` says. */
  loadAs<T extends Float>(f: KernelWriter, type: T, terms: Terms): Node<T> {
    return (type === "f32" ? this.load(f, terms) : this.load4(f, terms)) as Node<Float> as Node<T>;
  }

  /** An element as the operand was declared to hold them. */
  loadPacked<T extends "vec2u" | "vec4h" | "vec4u">(_packed: T, index: U32): Node<T> {
    return element(this.#array as ArrayVariable as ArrayVariable<T>, index);
  }

  /** The four bytes of a word as numbers; the index, a multiple of four, counts bytes. */
  loadBytes4(f: KernelWriter, terms: Terms): Vec4 {
    return bytes.all(
      f.let(
        "word",
        element(this.#array as ArrayVariable<"u32">, u32.div(this.#index(terms, 1), u32.const(4))),
      ),
    );
  }

  /** A byte as a number. */
  loadByte(f: KernelWriter, terms: Terms): F32 {
    const at = f.let("at", this.#index(terms, 1));
    return bytes.one(
      element(this.#array as ArrayVariable<"u32">, u32.div(at, u32.const(4))),
      u32.rem(at, u32.const(4)),
    );
  }

  store4(f: KernelWriter, terms: Terms, value: Vec4, valid = 4): void {
    if (this.vectors)
      return f.store(this.#array as ArrayVariable<"vec4f">, this.#index(terms, 4), value);
    const named = f.let("value", value);
    const at = f.let("at", this.#index(terms, 1));
    for (let i = 0; i < valid; i++)
      f.store(this.#array as ArrayVariable<"f32">, u32.add(at, u32.const(i)), vec4.lane(named, i));
  }

  store(f: KernelWriter, terms: Terms, value: F32): void {
    if (this.vectors) throw new Error("internal: a scalar store needs scalar elements");
    f.store(this.#array as ArrayVariable<"f32">, this.#index(terms, 1), value);
  }

  storeAs<T extends Float>(f: KernelWriter, terms: Terms, value: Node<T>): void {
    if (value.type === "f32") this.store(f, terms, value as F32);
    else this.store4(f, terms, value as Vec4);
  }
}

/**
 * Declares a binding for each slot, and returns the operands. A slot has vectors if all its
 * operands can be read as vectors.
 */
export function declareOperands(
  f: KernelWriter,
  views: readonly OperandView[],
  uses: readonly OperandUse[],
): readonly Operand[] {
  if (views.length !== uses.length)
    throw new Error(`internal: ${uses.length} operands expected, ${views.length} given`);
  const arrays = new Map<number, ArrayVariable>();
  for (const { slot } of views) {
    if (arrays.has(slot)) continue;
    const members = views.flatMap((view, i) =>
      view.slot === slot ? [{ view, use: uses[i]! }] : [],
    );
    const vectors = members.every(({ view, use }) =>
      [view.offset, ...use.steps].every((step) => step % 4 === 0),
    );
    const [first] = members as [(typeof members)[0]];
    arrays.set(
      slot,
      f.storage(
        [...new Set(members.map(({ use }) => use.name))].join("_"),
        first.use.packed ?? (first.use.bytes ? "u32" : vectors ? "vec4f" : "f32"),
        first.view.access,
      ),
    );
  }
  return views.map(
    ({ slot, offset }) => new Operand(entryOf(arrays, slot, "array of slot"), offset),
  );
}
