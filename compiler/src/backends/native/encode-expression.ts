/** Scalar expressions to the bytecode of the native backend. */
import { entryOf, nativeRegisters, type NativeCode, type NativeOperation } from "@sigil/spec";
import { activationNamed } from "../../expr/activations.ts";
import { accumulator, operand, type Expression } from "../../expr/expression.ts";
import { UnsupportedError } from "../unsupported-error.ts";

/** Activations that are an instruction, by the instruction. */
const instructions = {
  gelu: activationNamed("gelu"),
  gelu_tanh: activationNamed("gelu_pytorch_tanh"),
  silu: activationNamed("silu"),
  quick_gelu: activationNamed("quick_gelu"),
} as const satisfies Partial<Record<NativeOperation, (x: Expression) => Expression>>;

/** An expression in which known activations are functions of one argument. */
type Node =
  | Exclude<Expression, { kind: "unary" | "binary" }>
  | { readonly kind: "unary"; readonly function: NativeOperation; readonly x: Node }
  | {
      readonly kind: "binary";
      readonly function: "add" | "sub" | "mul" | "div" | "max" | "min";
      readonly x: Node;
      readonly y: Node;
    };

const hole = operand(" x");
const templates = Object.entries(instructions).map(
  ([name, activation]) => [name as NativeOperation, activation(hole)] as const,
);

const keyOf = (e: Expression | Node): string => JSON.stringify(e);

/** What stands in the hole of a template, if an expression is made so. */
function argumentOf(template: Expression, e: Expression): Expression | undefined {
  let found: Expression | undefined;
  const matches = (t: Expression, x: Expression): boolean => {
    if (t === hole || keyOf(t) === keyOf(hole)) {
      found ??= x;
      return keyOf(found) === keyOf(x);
    }
    if (t.kind === "unary")
      return x.kind === "unary" && t.function === x.function && matches(t.x, x.x);
    if (t.kind === "binary")
      return (
        x.kind === "binary" && t.function === x.function && matches(t.x, x.x) && matches(t.y, x.y)
      );
    return keyOf(t) === keyOf(x);
  };
  return matches(template, e) ? found : undefined;
}

function withInstructions(e: Expression): Node {
  for (const [name, template] of templates) {
    const x = argumentOf(template, e);
    if (x) return { kind: "unary", function: name, x: withInstructions(x) };
  }
  if (e.kind === "unary") return { ...e, x: withInstructions(e.x) };
  if (e.kind === "binary") return { ...e, x: withInstructions(e.x), y: withInstructions(e.y) };
  return e;
}

/** Operations that take a constant, and an operand, as their second argument. */
const withConstant: Partial<Record<string, NativeOperation>> = {
  add: "add_constant",
  mul: "mul_constant",
  max: "max_constant",
  min: "min_constant",
};
const withOperand: Partial<Record<string, NativeOperation>> = {
  add: "add_operand",
  mul: "mul_operand",
};

/**
 * Code that leaves an expression's value in register 0, where the accumulator is at first; each
 * subexpression is computed once. `names` are the operands in their order. Throws UnsupportedError
 * for one that takes more registers than there are.
 */
export function encodeExpression(
  expression: Expression,
  names: readonly string[],
): readonly NativeCode[] {
  const root = withInstructions(expression);
  const uses = new Map<string, number>();
  const count = (node: Node): void => {
    const key = keyOf(node);
    const before = uses.get(key) ?? 0;
    uses.set(key, before + 1);
    if (before > 0) return;
    if (node.kind === "unary") count(node.x);
    if (node.kind === "binary") {
      count(node.x);
      count(node.y);
    }
  };
  count(root);

  const code: NativeCode[] = [];
  const places = new Map<string, number>();
  const owners: (string | undefined)[] = [];
  const accumulatorKey = keyOf(accumulator);
  if (uses.has(accumulatorKey)) {
    places.set(accumulatorKey, 0);
    owners[0] = accumulatorKey;
  }
  const numberOf = (name: string): number => {
    const i = names.indexOf(name);
    if (i < 0) throw new Error(`internal: there is no operand ${name}`);
    return i;
  };
  /** One use fewer; the register of a value without any is free. */
  const used = (node: Node): void => {
    const key = keyOf(node);
    const left = entryOf(uses, key, "use of") - 1;
    uses.set(key, left);
    const place = places.get(key);
    if (left === 0 && place !== undefined) {
      owners[place] = undefined;
      places.delete(key);
    }
  };
  const take = (node: Node): number => {
    let register = 0;
    while (owners[register] !== undefined) register++;
    if (register >= nativeRegisters)
      throw new UnsupportedError(
        `an expression needs more than the ${nativeRegisters} registers of the native backend`,
      );
    owners[register] = keyOf(node);
    places.set(keyOf(node), register);
    return register;
  };
  /** The register of a node's value. */
  const emit = (node: Node): number => {
    const known = places.get(keyOf(node));
    if (known !== undefined) return known;
    if (node.kind === "accumulator") throw new Error("internal: accumulator has no value");
    if (node.kind === "operand") {
      const target = take(node);
      code.push(["load", target, 0, numberOf(node.name)]);
      return target;
    }
    if (node.kind === "constant") {
      const target = take(node);
      code.push(["constant", target, 0, 0, node.value]);
      return target;
    }
    if (node.kind === "unary") {
      const x = emit(node.x);
      used(node.x);
      const target = take(node);
      code.push([node.function, target, x, 0]);
      return target;
    }
    const [first, second] = simpleSecond(node);
    const fused =
      second.kind === "constant"
        ? withConstant[node.function]
        : second.kind === "operand" && !places.has(keyOf(second))
          ? withOperand[node.function]
          : undefined;
    if (fused) {
      const x = emit(first);
      used(first);
      used(second);
      const target = take(node);
      code.push(
        second.kind === "constant"
          ? [fused, target, x, 0, second.value]
          : [fused, target, x, numberOf((second as { name: string }).name)],
      );
      return target;
    }
    const x = emit(node.x);
    const y = emit(node.y);
    used(node.x);
    used(node.y);
    const target = take(node);
    code.push([node.function, target, x, y]);
    return target;
  };
  const result = emit(root);
  if (result !== 0) code.push(["copy", 0, result, 0]);
  return code;
}

/** The arguments, of an operation that may swap them the one that is no value of its own last. */
function simpleSecond(node: Extract<Node, { kind: "binary" }>): readonly [Node, Node] {
  const swaps = node.function in withConstant;
  const simple = node.x.kind === "constant" || node.x.kind === "operand";
  return swaps && simple && node.y.kind !== "constant" ? [node.y, node.x] : [node.x, node.y];
}
