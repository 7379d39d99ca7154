/**
 * Activations by their key in transformers' ACT2FN, each as a scalar expression of x (siglip.md
 * section 3).
 */
import { binary, constant as c, unary, type Expression } from "./expression.ts";

const add = (x: Expression, y: Expression) => binary("add", x, y);
const mul = (x: Expression, y: Expression) => binary("mul", x, y);
const max = (x: Expression, y: Expression) => binary("max", x, y);
const min = (x: Expression, y: Expression) => binary("min", x, y);
const sigmoid = (x: Expression) => unary("sigmoid", x);
const half = (x: Expression) => mul(c(0.5), x);

const gelu = (x: Expression) => mul(half(x), add(c(1), unary("erf", mul(x, c(Math.SQRT1_2)))));
const geluTanh = (scale: number) => (x: Expression) =>
  mul(
    half(x),
    add(c(1), unary("tanh", mul(c(scale), add(x, mul(c(0.044715), mul(x, mul(x, x))))))),
  );
const relu = (x: Expression) => max(x, c(0));
/** log(1 + e^x) without overflow: max(x, 0) + log1p(e^-|x|). */
const softplus = (x: Expression) =>
  add(relu(x), unary("log1p", unary("exp", unary("neg", unary("abs", x)))));
const silu = (x: Expression) => mul(x, sigmoid(x));
const tanhGelu = geluTanh(Math.sqrt(2 / Math.PI));

export const activations: Readonly<Record<string, (x: Expression) => Expression>> = {
  gelu,
  gelu_python: gelu,
  gelu_pytorch_tanh: tanhGelu,
  gelu_python_tanh: tanhGelu,
  gelu_new: tanhGelu,
  gelu_accurate: tanhGelu,
  gelu_fast: geluTanh(0.7978845608),
  gelu_10: (x) => max(c(-10), min(c(10), gelu(x))),
  quick_gelu: (x) => mul(x, sigmoid(mul(c(1.702), x))),
  relu,
  relu2: (x) => mul(relu(x), relu(x)),
  relu6: (x) => min(relu(x), c(6)),
  leaky_relu: (x) => max(x, mul(c(0.01), x)),
  silu,
  swish: silu,
  hardswish: (x) => mul(x, mul(min(relu(add(x, c(3))), c(6)), c(1 / 6))),
  mish: (x) => mul(x, unary("tanh", softplus(x))),
  laplace: (x) => {
    // transformers' rounded constant, not the square root of a half.
    // biome-ignore lint/suspicious/noApproximativeNumericConstant: transformers rounds it so.
    const mean = c(0.707107);
    return half(
      add(c(1), unary("erf", binary("div", binary("sub", x, mean), c(0.282095 * Math.SQRT2)))),
    );
  },
  sqrtsoftplus: (x) => unary("sqrt", softplus(x)),
  sigmoid,
  tanh: (x) => unary("tanh", x),
  linear: (x) => x,
};

/** The activation of a name, which a checked graph has. */
export function activationNamed(name: unknown): (x: Expression) => Expression {
  const activation = activations[String(name)];
  if (!activation) throw new Error(`internal: no activation is called ${String(name)}`);
  return activation;
}

/** max(x, 0) + slope min(x, 0), its slope learned (torch.nn.PReLU with one parameter). */
export const prelu = (x: Expression, slope: Expression): Expression =>
  add(relu(x), mul(slope, min(x, c(0))));
