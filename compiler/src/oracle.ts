/** Runs a graph of primitive ops in float64. Every backend is compared with it. */
import { entryOf } from "@sigil/spec";
import { axis, fixed, valueOf } from "./ir/extent.ts";
import type { Graph, GraphInput, Value } from "./ir/graph.ts";
import { opNamed } from "./ops/index.ts";
import { dense, type Dense } from "./ops/op.ts";

/** The default of an input that a caller leaves out. An internal error if it has none. */
export function defaultInput(
  { name, value, default: kind }: GraphInput,
  symbols: Readonly<Record<string, number>>,
): Dense {
  if (kind === undefined)
    throw new Error(`internal: input ${name} is not given and has no default`);
  const filled = dense(value.shape.map((extent) => valueOf(extent, symbols)));
  const last = fixed(filled.shape.at(-1), name);
  return kind === "zeros"
    ? filled
    : dense(
        filled.shape,
        filled.data.map((_, i) => i % last),
      );
}

/** The symbols that the shapes of the given inputs bind. */
function bindSymbols(
  graph: Graph,
  inputs: Readonly<Record<string, Dense>>,
): Record<string, number> {
  const symbols: Record<string, number> = {};
  for (const { name, value } of graph.inputs)
    for (const [at, extent] of value.shape.entries()) {
      const given = inputs[name];
      if (typeof extent === "number" || given === undefined) continue;
      const [symbol, ...others] = extent.symbols;
      if (symbol !== undefined && others.length === 0)
        symbols[symbol] = fixed(axis(given.shape, at), name) / extent.factor;
    }
  return symbols;
}

/**
 * Evaluates a graph. `weights` returns a whole checkpoint tensor, row-major. Returns every output
 * by name.
 */
export function evaluateGraph(
  graph: Graph,
  inputs: Readonly<Record<string, Dense>>,
  weights: (tensor: string, shape: readonly number[]) => ArrayLike<number>,
): Record<string, Dense> {
  const symbols = bindSymbols(graph, inputs);
  const values = new Map<number, Dense>(
    graph.inputs.map((input) => [
      input.value.id,
      inputs[input.name] ?? defaultInput(input, symbols),
    ]),
  );
  const denseOf = ({ id }: Value): Dense => entryOf(values, id, "value");
  for (const node of graph.nodes) {
    const read = Object.fromEntries(
      Object.entries(node.weights).map(([role, w]) => {
        const row = w.shape.slice(1).reduce((a, b) => a * b, 1);
        const whole = Float64Array.from(weights(w.tensor, w.shape));
        return [
          role,
          dense([w.end - w.begin, ...w.shape.slice(1)], whole.subarray(w.begin * row, w.end * row)),
        ];
      }),
    );
    values.set(
      node.output.id,
      opNamed(node.op).evaluate(node.inputs.map(denseOf), read, node.attributes),
    );
  }
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, denseOf(value)]));
}
