/**
 * Scalar functions on four float32 lanes, to about 1e-7 relative; polynomials as in Cephes (expf,
 * tanhf, erff, logf).
 */
import type { UnaryFunction } from "../../expr/expression.ts";
import { FunctionWriter } from "./wat/function-writer.ts";
import { call, f32x4, i32x4, v128, type V128 } from "./wat/nodes.ts";

const { add, sub, mul, div, min, max, all } = f32x4;
const polynomial = (f: FunctionWriter, x: V128, coefficients: readonly number[]): V128 => {
  const value = f.let("p", all(coefficients[0]!));
  for (const c of coefficients.slice(1)) f.set(value, add(mul(value, x), all(c)));
  return value;
};

/**
 * e^x: exact 0 and infinity outside float32's range, subnormal results kept (the power of two is
 * applied in two factors). Processors take a hundred times as long for what ends below float32's
 * range, so that nothing is computed where it would.
 */
export function exp(f: FunctionWriter, value: V128): V128 {
  const none = f.let("none", f32x4.lt(value, all(-104)));
  const x = f.let("x", v128.andNot(min(value, all(89)), none));
  const n = f.let("n", f32x4.nearest(mul(x, all(Math.LOG2E))));
  const r = f.let("r", sub(sub(x, mul(n, all(0.693359375))), mul(n, all(-2.1219444e-4))));
  const p = polynomial(
    f,
    r,
    [
      1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
      5.0000001201e-1,
    ],
  );
  const y = f.let("y", add(add(mul(mul(p, r), r), r), all(1)));
  const power = f.let("power", i32x4.truncate(n));
  const half = f.let("half", i32x4.shrS(power, 1));
  const bits = (e: V128): V128 => i32x4.shl(i32x4.add(e, i32x4.all(127)), 23);
  return v128.andNot(mul(mul(y, bits(half)), bits(i32x4.sub(power, half))), none);
}

const sign = i32x4.all(0x80000000);

/**
 * An odd polynomial near 0, 1 - 2 / (e^2x + 1) elsewhere; the argument is clamped to 10, where tanh
 * is 1 in float32.
 */
function tanh(f: FunctionWriter, x: V128): V128 {
  const a = f.let("a", min(f32x4.abs(x), all(10)));
  const z = f.let("z", mul(a, a));
  const small = add(
    mul(
      mul(
        polynomial(
          f,
          z,
          [
            -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1,
            -3.33332819422e-1,
          ],
        ),
        z,
      ),
      a,
    ),
    a,
  );
  const large = sub(all(1), div(all(2), add(call("exp", add(a, a)), all(1))));
  return v128.or(v128.select(small, large, f32x4.lt(a, all(0.625))), v128.and(x, sign));
}

/**
 * x T(x^2) below 1, 1 - e^(-x^2) P(1 / x^2) / x elsewhere; clamped to 4, where erf is 1 in float32.
 */
function erf(f: FunctionWriter, x: V128): V128 {
  const a = f.let("a", min(f32x4.abs(x), all(4)));
  const z = f.let("z", mul(a, a));
  const small = mul(
    a,
    polynomial(
      f,
      z,
      [
        7.853861353153693e-5, -8.010193625184903e-4, 5.188327685732524e-3, -2.685381193529856e-2,
        0.1128358514861418, -3.7612625824233e-1, 1.12837916572671,
      ],
    ),
  );
  const q = f.let("q", div(all(1), max(a, all(0.5))));
  const tail = polynomial(
    f,
    mul(q, q),
    [
      2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1,
      6.210004621745983e-1, -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1,
      5.638259427386472e-1,
    ],
  );
  const large = sub(all(1), mul(mul(call("exp", f32x4.neg(z)), q), tail));
  return v128.or(v128.select(small, large, f32x4.lt(a, all(1))), v128.and(x, sign));
}

const sigmoid = (_: FunctionWriter, x: V128): V128 =>
  div(all(1), add(all(1), call("exp", f32x4.neg(x))));

/**
 * log(1 + x) for finite x > -1: log(u) x / (u - 1) for the rounded u = 1 + x, which cancels the
 * rounding (Kahan).
 */
function log1p(f: FunctionWriter, x: V128): V128 {
  const u = f.let("u", add(all(1), x));
  // The exponent is taken so that the mantissa lies in [sqrt(1/2), sqrt(2)).
  const shifted = f.let("shifted", i32x4.sub(u, i32x4.all(0x3f3504f3)));
  const e = f.let("e", f32x4.convert(i32x4.shrS(shifted, 23)));
  const m = f.let(
    "m",
    sub(i32x4.add(v128.and(shifted, i32x4.all(0x007fffff)), i32x4.all(0x3f3504f3)), all(1)),
  );
  const z = f.let("z", mul(m, m));
  const p = polynomial(
    f,
    m,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
      -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  const y = add(add(mul(mul(m, z), p), mul(e, all(-2.1219444e-4))), mul(z, all(-0.5)));
  const log = f.let("log", add(add(m, y), mul(e, all(0.693359375))));
  return v128.select(x, mul(log, div(x, sub(u, all(1)))), f32x4.eq(u, all(1)));
}

const functions = { exp, tanh, erf, sigmoid, log1p } as const;

/** The module's functions, each from vector to vector; kernels call them by name. */
export function mathFunctions(): string {
  return Object.entries(functions)
    .map(([name, write]) => {
      const f = new FunctionWriter(name, { exported: false });
      const x = f.param("v128", "value");
      f.result(write(f, x));
      return f.print();
    })
    .join("\n\n");
}

/** A function of the expression language applied to a vector. */
export function applyUnary(name: UnaryFunction, x: V128): V128 {
  if (name === "abs" || name === "sqrt" || name === "neg") return f32x4[name](x);
  return call(name, x);
}
