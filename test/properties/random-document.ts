/** Draws small architecture documents from a seed, of every op in any order. */
import { ArchitectureError, buildGraphs } from "@sigil/compiler/internal";
import type { Architecture, ModelSpec } from "@sigil/spec";
import { generator } from "./random-spec.ts";

interface Step {
  readonly op: string;
  readonly inputs?: readonly string[];
  readonly weights?: Readonly<Record<string, object>>;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

const inputs = {
  x: { dtype: "float32", shape: ["batch", 3, 4] },
  y: { dtype: "float32", shape: ["batch", 4] },
  mask: { dtype: "float32", shape: ["batch", 3], default: "zeros" },
  ids: { dtype: "int32", shape: ["batch", 3] },
  picture: { dtype: "float32", shape: ["batch", 2, 5, 6] },
};
/** With it no run is split, and matrices of two symbols appear. */
const other = { z: { dtype: "float32", shape: ["others", 4] } };

/**
 * A document, and what steps that were tried and refused were told; undefined where no step gives
 * an output. A step that is refused is left out, so that graphs grow.
 */
export function drawDocument(
  seed: number,
  spec: ModelSpec,
): { readonly document?: Architecture; readonly refused: readonly ArchitectureError[] } {
  const next = generator(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)]!;
  const maybe = <T>(value: T): T[] => (next() < 0.3 ? [value] : []);
  const given = next() < 0.5 ? inputs : { ...inputs, ...other };
  const names = Object.keys(given);
  /** A value, of the last few more often. */
  const any = (): string => pick(next() < 0.6 ? names.slice(-4) : names);
  let tensors = 0;
  const weight = (...shape: number[]) => ({ weight: { name: `w${tensors++}`, shape } });
  const scaled = (width: number) => ({
    ...weight(width),
    bias: { name: `w${tensors++}`, shape: [width] },
  });
  const heads = (): { heads: number } => ({ heads: pick([1, 2]) });
  const draws: readonly (() => Step)[] = [
    () => ({ op: "linear", inputs: [any()], weights: weight(pick([2, 4, 8]), pick([1, 2, 4])) }),
    () => ({
      op: "linear",
      inputs: [any()],
      weights: { ...weight(4, 4), bias: { name: `w${tensors++}`, shape: [4] } },
    }),
    () => ({ op: "linear", inputs: [any()], weights: weight(4, 2, 2, 2) }),
    () => ({
      op: "activation",
      inputs: [any()],
      attributes: { kind: pick(["silu", "relu", "tanh"]) },
    }),
    () => ({ op: "exp", inputs: [any()] }),
    () => ({ op: "prelu", inputs: [any()], weights: weight(1) }),
    () => ({ op: pick(["add", "mul"]), inputs: [any(), any()] }),
    () => ({ op: pick(["add", "mul"]), inputs: [any(), any()] }),
    () => ({
      op: "layer_norm",
      inputs: [any()],
      weights: scaled(pick([3, 4, 8])),
      attributes: { epsilon: 0.1 },
    }),
    () => ({ op: "rms_norm", inputs: [any()], weights: weight(4), attributes: { epsilon: 0.1 } }),
    () => ({ op: "l2_normalize", inputs: [any()] }),
    () => ({ op: "mean_tokens", inputs: [any(), ...maybe("mask")] }),
    () => ({
      op: "token",
      inputs: [any()],
      attributes: { index: pick([0, 1, -1]), keep: next() < 0.5 },
    }),
    () => ({
      op: "parameter",
      weights: weight(...pick([[4], [3, 4], [1, 3, 4], [1], [1, 4], [4, 4]])),
    }),
    () => ({
      op: "interpolate_grid",
      inputs: [any()],
      attributes: { height: pick([1, 2, 3]), width: pick([1, 2]) },
    }),
    () => ({ op: "similarity", inputs: [any(), any()] }),
    () => ({ op: "embedding", inputs: ["ids"], weights: weight(6, 4) }),
    () => ({ op: "patches", inputs: ["picture"], attributes: { patch: 2 } }),
    () => ({
      op: "attention",
      inputs: [any(), any(), any(), ...maybe("mask")],
      attributes: heads(),
    }),
    () => {
      const keys = any();
      return { op: "attention", inputs: [any(), keys, keys], attributes: heads() };
    },
    () => ({
      op: "attention_probabilities",
      inputs: [any(), any(), ...maybe("mask")],
      attributes: heads(),
    }),
  ];

  const steps: object[] = [];
  const outputs: Record<string, string> = {};
  const refused: ArchitectureError[] = [];
  const documentOf = (more: readonly object[], shown: object): Architecture =>
    ({
      name: "drawn",
      symbols: { batch: "image", ...("z" in given && { others: "text" }) },
      inputs: given,
      steps: [...steps, ...more],
      outputs: shown,
    }) as unknown as Architecture;
  for (let i = 0; i < 8; i++) {
    const name = `s${i}`;
    const step = { name, ...pick(draws)() };
    try {
      buildGraphs(spec, documentOf([step], { [`o${i}`]: name }));
      outputs[`o${i}`] = name;
    } catch (error) {
      if (!(error instanceof ArchitectureError)) throw error;
      refused.push(error);
      // What cannot be an output may still be read.
      if (!error.pointer.startsWith("/outputs")) continue;
    }
    steps.push(step);
    names.push(name);
  }
  const all = Object.entries(outputs);
  if (all.length === 0) return { refused };
  const some = all.filter(() => next() < 0.5);
  const shown = Object.fromEntries(some.length > 0 ? some : all);
  // An input that is given back, which no kernel need read.
  if (next() < 0.2) shown.given = pick(["x", "y"]);
  return { document: documentOf([], shown), refused };
}
