/**
 * One WebAssembly function while it is written: parameters, locals, statements and structured
 * control, printed as readable WAT.
 */
import { lineComment } from "../../../text/comment.ts";
import { f32, i32, type I32, type Node, type V128, type ValueType, type F32 } from "./nodes.ts";

/** A local or parameter; used as a node it reads its value. */
export interface Variable<T extends ValueType = ValueType> extends Node<T> {
  readonly name: string;
}

export class FunctionWriter {
  readonly name: string;
  readonly #exported: boolean;
  readonly #params: string[] = [];
  readonly #locals: string[] = [];
  readonly #used = new Map<string, number>();
  #lines: string[] = [];
  #result: Node | undefined;
  #labels = 0;

  constructor(name: string, options: { readonly exported: boolean }) {
    this.name = name;
    this.#exported = options.exported;
  }

  #variable<T extends ValueType>(type: T, hint: string): Variable<T> {
    const count = this.#used.get(hint) ?? 0;
    this.#used.set(hint, count + 1);
    const name = count === 0 ? hint : `${hint}.${count}`;
    return { type, name, text: `(local.get $${name})` };
  }

  param<T extends ValueType>(type: T, hint: string): Variable<T> {
    const variable = this.#variable(type, hint);
    this.#params.push(`(param $${variable.name} ${type})`);
    return variable;
  }

  /** A fresh local; a second one of the same hint gets a number. */
  local<T extends ValueType>(type: T, hint: string): Variable<T> {
    const variable = this.#variable(type, hint);
    this.#locals.push(`(local $${variable.name} ${type})`);
    return variable;
  }

  /** A fresh local that holds `value` from here on. */
  let<T extends ValueType>(hint: string, value: Node<T>): Variable<T> {
    const variable = this.local(value.type, hint);
    this.set(variable, value);
    return variable;
  }

  set<T extends ValueType>(variable: Variable<T>, value: Node<T>): void {
    this.#lines.push(`(local.set $${variable.name} ${value.text})`);
  }

  comment(text: string): void {
    this.#lines.push(lineComment(";;", text));
  }

  storeVector(address: I32, value: V128, offset = 0): void {
    this.#lines.push(`(v128.store offset=${offset} ${address.text} ${value.text})`);
  }

  storeFloat(address: I32, value: F32, offset = 0): void {
    this.#lines.push(`(f32.store offset=${offset} ${address.text} ${value.text})`);
  }

  storeLane(address: I32, value: V128, lane: number, offset = 0): void {
    this.#lines.push(`(v128.store32_lane offset=${offset} ${lane} ${address.text} ${value.text})`);
  }

  /** The first `lanes` of a vector: a plain store for four, lane by lane for fewer. */
  storeLanes(address: I32, value: Variable<"v128">, lanes: number, offset = 0): void {
    if (lanes >= 4) this.storeVector(address, value, offset);
    else
      for (let lane = 0; lane < lanes; lane++)
        this.storeLane(address, value, lane, offset + 4 * lane);
  }

  fillZero(address: I32, bytes: I32): void {
    this.#lines.push(`(memory.fill ${address.text} (i32.const 0) ${bytes.text})`);
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
  forRange(
    hint: string,
    from: I32,
    to: I32,
    step: number,
    body: (index: Variable<"i32">) => void,
  ): void {
    const index = this.let(hint, from);
    const label = this.#labels++;
    const inner = this.#block(() => body(index));
    this.#lines.push(
      `(block $end${label} (loop $again${label}`,
      `  (br_if $end${label} ${i32.geU(index, to).text})`,
      ...inner,
      `  (local.set $${index.name} ${i32.add(index, i32.const(step)).text})`,
      `  (br $again${label})))`,
    );
  }

  /** `body` at least once, and again while `condition` holds. */
  doWhile(body: () => void, condition: () => I32): void {
    const label = this.#labels++;
    const inner = this.#block(body);
    this.#lines.push(
      `(loop $again${label}`,
      ...inner,
      `  (br_if $again${label} ${condition().text}))`,
    );
  }

  /** `body` while `condition` holds, tested first. */
  while(condition: I32, body: () => void): void {
    const label = this.#labels++;
    const inner = this.#block(body);
    this.#lines.push(
      `(block $end${label} (loop $again${label}`,
      `  (br_if $end${label} (i32.eqz ${condition.text}))`,
      ...inner,
      `  (br $again${label})))`,
    );
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    this.#lines.push(
      `(if ${condition.text} (then`,
      ...this.#block(then),
      ...(otherwise ? ["  ) (else", ...this.#block(otherwise)] : []),
      "))",
    );
  }

  /** The function's value. */
  result(value: Node): void {
    this.#result = value;
  }

  print(): string {
    const head = [
      `(func $${this.name}`,
      ...(this.#exported ? [`(export "${this.name}")`] : []),
      ...this.#params,
      ...(this.#result ? [`(result ${this.#result.type})`] : []),
    ].join(" ");
    const body = [...this.#lines, ...(this.#result ? [this.#result.text] : [])];
    return (
      `${[head, ...(this.#locals.length ? [this.#locals.join(" ")] : []), ...body].join("\n  ")}` +
      ")"
    );
  }
}

/** The sum of a vector's lanes. */
export const sumLanes = (x: Variable<"v128">): F32 =>
  f32.add(f32.add(lane(x, 0), lane(x, 1)), f32.add(lane(x, 2), lane(x, 3)));
/** The largest of a vector's lanes. */
export const maxLanes = (x: Variable<"v128">): F32 =>
  f32.max(f32.max(lane(x, 0), lane(x, 1)), f32.max(lane(x, 2), lane(x, 3)));
const lane = (x: V128, index: number): F32 => ({
  type: "f32",
  text: `(f32x4.extract_lane ${index} ${x.text})`,
});
