/** Runs a graph of primitive ops in float64: what every backend is compared with. */
import type { Graph } from "./ir/graph.ts";
import { ops } from "./ops/index.ts";
import { dense, type Dense } from "./ops/op.ts";

/** `weights` answers a whole checkpoint tensor, row-major. Every output of the graph by name. */
export function evaluateGraph(graph: Graph, inputs: Readonly<Record<string, Dense>>, weights: (tensor: string, shape: readonly number[]) => ArrayLike<number>): Record<string, Dense> {
  const values = new Map<number, Dense>(graph.inputs.map(({ name, value }) => [value.id, inputs[name]!]));
  for (const node of graph.nodes) {
    const read = Object.fromEntries(
      Object.entries(node.weights).map(([role, w]) => {
        const row = w.shape.slice(1).reduce((a, b) => a * b, 1);
        const whole = Float64Array.from(weights(w.tensor, w.shape));
        return [role, dense([w.end - w.begin, ...w.shape.slice(1)], whole.subarray(w.begin * row, w.end * row))];
      }),
    );
    values.set(node.output.id, ops[node.op]!.evaluate(node.inputs.map((value) => values.get(value.id)!), read, node.attributes));
  }
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, values.get(value.id)!]));
}
