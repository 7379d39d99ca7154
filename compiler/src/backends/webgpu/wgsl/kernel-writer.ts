/**
 * One WGSL compute shader while it is written: bindings, workgroup memory, statements and
 * structured control, printed as readable source.
 */
import { lineComment } from "../../../text/comment.ts";
import { u32, type Bool, type Float, type Node, type Type, type U32 } from "./nodes.ts";

/** A `let` or `var`; used as a node it reads its value. */
export interface Variable<T extends Type = Type> extends Node<T> {
  readonly name: string;
}

/** An array in storage or workgroup memory. */
export interface ArrayVariable<T extends Type = Type> {
  readonly name: string;
  readonly element: T;
}

export type Access = "read" | "read_write";

/** Extensions of WGSL, each behind a feature of the device. */
export type Extension = "f16" | "subgroups";

export const element = <T extends Type>(array: ArrayVariable<T>, index: U32): Node<T> => ({
  type: array.element,
  text: `${array.name}[${index.text}]`,
});

export class KernelWriter {
  readonly #extensions = new Set<Extension>();
  readonly #declarations: string[] = [];
  readonly #functions = new Map<string, string>();
  /**
   * What a variable may not be called: the functions that nodes call, and the parameters of `main`.
   */
  readonly #used = new Set([
    "abs",
    "bitcast",
    "dot",
    "exp",
    "group",
    "local",
    "log",
    "main",
    "max",
    "min",
    "select",
    "sign",
    "sqrt",
    "subgroup_lane",
    "unpack2x16float",
  ]);
  #subgroupLane = false;
  #lines: string[] = [];
  #bindings = 0;
  /** Workgroup and thread in it. */
  readonly group = {
    x: { type: "u32", text: "group.x" },
    y: { type: "u32", text: "group.y" },
    z: { type: "u32", text: "group.z" },
  } as const satisfies Record<string, U32>;
  readonly local = {
    x: { type: "u32", text: "local.x" },
    y: { type: "u32", text: "local.y" },
  } as const satisfies Record<string, U32>;

  /** The hint, or the hint with a number if something has that name. */
  #name(hint: string): string {
    let name = hint;
    for (let i = 1; this.#used.has(name); i++) name = `${hint}_${i}`;
    this.#used.add(name);
    return name;
  }

  /** Asks for an extension, which the device must have. */
  enable(extension: Extension): void {
    this.#extensions.add(extension);
  }

  /**
   * A thread's place in its subgroup. Operations of subgroups may then stand where only their own
   * subgroup is known to go.
   */
  subgroupLane(): U32 {
    this.enable("subgroups");
    this.#subgroupLane = true;
    return { type: "u32", text: "subgroup_lane" };
  }

  /** The next binding of group 0. */
  storage<T extends Type>(hint: string, element: T, access: Access): ArrayVariable<T> {
    const name = this.#name(hint);
    this.#declarations.push(
      `@group(0) @binding(${this.#bindings++}) var<storage, ${access}> ${name}: array<${element}>;`,
    );
    return { name, element };
  }

  /** The next binding of group 0: four sizes that only a run knows. */
  uniform(hint: string): Node<"vec4u"> {
    const name = this.#name(hint);
    this.#declarations.push(`@group(0) @binding(${this.#bindings++}) var<uniform> ${name}: vec4u;`);
    return { type: "vec4u", text: name };
  }

  workgroup<T extends Type>(hint: string, element: T, length: number): ArrayVariable<T> {
    const name = this.#name(hint);
    this.#declarations.push(`var<workgroup> ${name}: array<${element}, ${length}>;`);
    return { name, element };
  }

  /**
   * An array of each thread's own, zero at first; loops over it with constant bounds become
   * registers.
   */
  privateArray<T extends Type>(hint: string, element: T, length: number): ArrayVariable<T> {
    const name = this.#name(hint);
    this.#lines.push(`var ${name}: array<${element}, ${length}>;`);
    return { name, element };
  }

  /** Declares a function once, whatever asks for it. */
  function(name: string, source: string): void {
    this.#functions.set(name, source);
  }

  /** A name for `value` from here on. */
  let<T extends Type>(hint: string, value: Node<T>): Variable<T> {
    const name = this.#name(hint);
    this.#lines.push(`let ${name} = ${value.text};`);
    return { type: value.type, text: name, name };
  }

  var<T extends Type>(hint: string, value: Node<T>): Variable<T> {
    const name = this.#name(hint);
    this.#lines.push(`var ${name} = ${value.text};`);
    return { type: value.type, text: name, name };
  }

  set<T extends Type>(variable: Variable<T>, value: Node<T>): void {
    this.#lines.push(`${variable.name} = ${value.text};`);
  }

  /** variable += value */
  accumulate<T extends Float>(variable: Variable<T>, value: Node<T>): void {
    this.#lines.push(`${variable.name} += ${value.text};`);
  }

  store<T extends Type>(array: ArrayVariable<T>, index: U32, value: Node<T>): void {
    this.#lines.push(`${array.name}[${index.text}] = ${value.text};`);
  }

  comment(text: string): void {
    this.#lines.push(lineComment("//", text));
  }

  /** Every thread of the workgroup waits for the others; must be reached by all of them or none. */
  barrier(): void {
    this.#lines.push("workgroupBarrier();");
  }

  return(): void {
    this.#lines.push("return;");
  }

  #block(body: () => void): string[] {
    const outer = this.#lines;
    this.#lines = [];
    body();
    const inner = this.#lines;
    this.#lines = outer;
    return inner.map((line) => `  ${line}`);
  }

  /** `body` while the variable, from `from` in steps of `step`, is below `to`; may run no time. */
  forRange(hint: string, from: U32, to: U32, step: number | U32, body: (index: U32) => void): void {
    const name = this.#name(hint);
    const index: U32 = { type: "u32", text: name };
    this.#lines.push(
      `for (var ${name} = ${from.text}; ${u32.lt(index, to).text.slice(1, -1)}; ${name} += ` +
        `${typeof step === "number" ? `${step}u` : step.text}) {`,
      ...this.#block(() => body(index)),
      "}",
    );
  }

  if(condition: Bool, then: () => void, otherwise?: () => void): void {
    this.#lines.push(
      `if ${condition.text.startsWith("(") ? condition.text : `(${condition.text})`} {`,
      ...this.#block(then),
      ...(otherwise ? ["} else {", ...this.#block(otherwise)] : []),
      "}",
    );
  }

  /** The shader, its entry point `main`, for workgroups of these sizes. */
  print(threads: readonly [number, number]): string {
    const lane = this.#subgroupLane ? ", @builtin(subgroup_invocation_id) subgroup_lane: u32" : "";
    const head =
      `@compute @workgroup_size(${threads.join(", ")})\nfn main(@builtin(workgroup_id) group: ` +
      `vec3u, @builtin(local_invocation_id) local: vec3u${lane}) {`;
    const enabled = [...this.#extensions].sort().map((extension) => `enable ${extension};`);
    if (this.#subgroupLane) enabled.unshift("diagnostic(off, subgroup_uniformity);");
    return [
      ...enabled,
      ...this.#declarations,
      "",
      ...[...this.#functions.values()].flatMap((text) => [text, ""]),
      head,
      ...this.#lines.map((line) => `  ${line}`),
      "}",
      "",
    ].join("\n");
  }
}
