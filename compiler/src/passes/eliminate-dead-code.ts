import type { Graph } from "../ir/graph.ts";

/** Drops nodes that no output needs (the pooling head, when only token embeddings are wanted). */
export function eliminateDeadCode(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map(({ value }) => value.id));
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!needed.has(node.output.id)) return false;
    for (const input of node.inputs) needed.add(input.id);
    return true;
  });
  return { ...graph, nodes: nodes.reverse() };
}
