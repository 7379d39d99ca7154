import { sameShape, showShape } from "./extent.ts";
import type { Graph } from "./graph.ts";
import { opNamed } from "../ops/index.ts";

/**
 * Checks what every pass must keep: each value defined once, before its uses, with the shape that
 * its op infers. Throws an internal error that names the origin.
 */
export function verify(graph: Graph, after: string): Graph {
  const defined = new Set(graph.inputs.map(({ value }) => value.id));
  for (const node of graph.nodes) {
    const problem = (text: string): never => {
      throw new Error(
        `internal: after ${after}, ${node.origin.document}#${node.origin.pointer} ` +
          `(${node.origin.path}): ${text}`,
      );
    };
    for (const input of node.inputs)
      if (!defined.has(input.id)) problem(`%${input.id} is used before it is defined`);
    if (defined.has(node.output.id)) problem(`%${node.output.id} is defined twice`);
    defined.add(node.output.id);
    const weights = Object.fromEntries(
      Object.entries(node.weights).map(([role, w]) => [
        role,
        [w.end - w.begin, ...w.shape.slice(1)],
      ]),
    );
    const shape = opNamed(node.op).infer(
      node.inputs.map((value) => value.shape),
      weights,
      node.attributes,
    );
    if (!sameShape(shape, node.output.shape))
      problem(
        `${node.op} gives ${showShape(shape)}, the graph says ${showShape(node.output.shape)}`,
      );
  }
  for (const { name, value } of graph.outputs)
    if (!defined.has(value.id))
      throw new Error(`internal: after ${after}, output ${name} is not defined`);
  return graph;
}
