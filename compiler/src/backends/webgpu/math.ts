/**
 * Scalar functions on a float32 or four of them. WGSL's own `exp`, `log` and `sqrt` are used; what
 * it lacks or gets wrong is written here.
 */
import type { UnaryFunction } from "../../expr/expression.ts";
import type { KernelWriter } from "./wgsl/kernel-writer.ts";
import { builtin, float, type Float, type Node } from "./wgsl/nodes.ts";

const { add, sub, mul, div, abs, exp, neg, sign } = float;

type Written = <T extends Float>(x: Node<T>, all: (value: number) => Node<T>) => Node<T>;

const polynomial = <T extends Float>(
  x: Node<T>,
  coefficients: readonly number[],
  all: (value: number) => Node<T>,
): Node<T> =>
  coefficients
    .slice(1)
    .reduce<Node<T>>((value, c) => add(mul(value, x), all(c)), all(coefficients[0]!));

/**
 * Adapters compute WGSL's `tanh` by exponentials that overflow to NaN for large arguments; this
 * form is finite for every one.
 */
const tanh: Written = (x, all) => {
  const e = exp(mul(abs(x), all(-2)));
  return mul(sign(x), div(sub(all(1), e), add(all(1), e)));
};

/**
 * x T(x^2) below 1, 1 - e^(-x^2) P(1 / x^2) / x elsewhere, as Cephes' erff; clamped to 4, where erf
 * is 1 in float32.
 */
const erf: Written = (x, all) => {
  const a = float.min(abs(x), all(4));
  const z = mul(a, a);
  const small = mul(
    a,
    polynomial(
      z,
      [
        7.853861353153693e-5, -8.010193625184903e-4, 5.188327685732524e-3, -2.685381193529856e-2,
        0.1128358514861418, -3.7612625824233e-1, 1.12837916572671,
      ],
      all,
    ),
  );
  const q = div(all(1), float.max(a, all(0.5)));
  const tail = polynomial(
    mul(q, q),
    [
      2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1,
      6.210004621745983e-1, -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1,
      5.638259427386472e-1,
    ],
    all,
  );
  const large = sub(all(1), mul(mul(exp(neg(z)), q), tail));
  return mul(sign(x), float.whereLess(a, all(1), small, large));
};

const sigmoid: Written = (x, all) => div(all(1), add(all(1), exp(neg(x))));

/**
 * log(1 + x) for finite x > -1: log(u) x / (u - 1) for the rounded u = 1 + x, which cancels the
 * rounding (Kahan).
 */
const log1p: Written = (x, all) => {
  const u = add(all(1), x);
  return float.whereEqual(u, all(1), x, mul(float.log(u), div(x, sub(u, all(1)))));
};

const written: Partial<Record<UnaryFunction, Written>> = { tanh, erf, sigmoid, log1p };

/** A function of the expression language; those that WGSL lacks become functions of the shader. */
export function applyUnary<T extends Float>(
  f: KernelWriter,
  name: UnaryFunction,
  x: Node<T>,
): Node<T> {
  const write = written[name];
  if (!write) return float[name as "exp" | "abs" | "sqrt" | "neg"](x);
  const called = `${name}_${x.type}`;
  const parameter: Node<T> = { type: x.type, text: "x" };
  const all = (value: number): Node<T> => float.const(x.type, value);
  f.function(
    called,
    `fn ${called}(x: ${x.type}) -> ${x.type} {\n  return ${write(parameter, all).text};\n}`,
  );
  return builtin(x.type, called, x);
}
