/**
 * Computes the last layer for the pooled token alone where nothing else of it is wanted: a `token`
 * moves up through every node that works row by row, and becomes attention's only query.
 */
import { axis, multiply } from "../ir/extent.ts";
import {
  freshIds,
  inputOf,
  readersByValue,
  type Graph,
  type Node,
  type Value,
} from "../ir/graph.ts";
import { opNamed } from "../ops/index.ts";

export function pushToken(graph: Graph): Graph {
  const picks = graph.nodes.filter((node) => node.op === "token" && inputOf(node).shape[1] !== 1);
  const [pick, ...others] = picks;
  return pick && others.length === 0 ? push(graph, pick) : graph;
}

function push(graph: Graph, pick: Node): Graph {
  const readers = readersByValue(graph);
  const outputs = new Set(graph.outputs.map(({ value }) => value.id));
  const sequence = inputOf(pick);
  /** Whose probabilities are wanted of every token are computed with the whole attention. */
  const isWatched = (node: Node): boolean =>
    (readers.get(inputOf(node).id) ?? []).some(
      ({ op, inputs }) =>
        op === "attention_probabilities" && inputOf({ inputs }, 1).id === inputOf(node, 1).id,
    );
  // Patches are a part of the linear that reads them: no token can be picked from them.
  const patches = new Set(
    graph.nodes.flatMap(({ op, output }) => (op === "patches" ? [output.id] : [])),
  );
  const isSequence = (value: Value): boolean =>
    value.shape.length === 3 &&
    multiply(axis(value.shape, 1)) === sequence.shape[1] &&
    !patches.has(value.id);

  // A node is narrowed when all that read it are, and none needs its other tokens as keys or
  // values.
  const narrowed = new Set<Node>([pick]);
  for (const node of graph.nodes.toReversed()) {
    const ownReaders = readers.get(node.output.id) ?? [];
    const movable = opNamed(node.op).rowWise
      ? node.inputs.every(isSequence)
      : node.op === "attention" && isSequence(inputOf(node)) && !isWatched(node);
    const onlyToken = ownReaders.every(
      (reader) =>
        narrowed.has(reader) &&
        (reader.op !== "attention" ||
          reader.inputs.every((input, i) => i === 0 || input.id !== node.output.id)),
    );
    if (
      movable &&
      onlyToken &&
      ownReaders.length > 0 &&
      !outputs.has(node.output.id) &&
      isSequence(node.output)
    )
      narrowed.add(node);
  }
  if (narrowed.size === 1) return graph;

  const freshId = freshIds(graph);
  const producer = new Map(graph.nodes.map((node) => [node.output.id, node]));
  const narrow = new Map<number, Value>();
  const nodes: Node[] = [];
  /**
   * The picked token of a value, `[batch, 1, channels]`; a value that stays whole is cut where it
   * is first needed.
   */
  const tokenOf = (value: Value): Value => {
    const known = narrow.get(value.id);
    if (known) return known;
    const output: Value = {
      id: freshId(),
      dtype: value.dtype,
      shape: [axis(value.shape, 0), 1, axis(value.shape, 2)],
    };
    narrow.set(value.id, output);
    nodes.push({
      op: "token",
      inputs: [value],
      weights: {},
      attributes: { ...pick.attributes, keep: true },
      output,
      origin: (producer.get(value.id) ?? pick).origin,
    });
    return output;
  };
  for (const node of graph.nodes) {
    if (node === pick)
      nodes.push({
        ...node,
        inputs: [tokenOf(sequence)],
        attributes: { ...node.attributes, index: 0 },
      });
    else if (!narrowed.has(node)) nodes.push(node);
    else {
      const inputs = node.inputs.map((input, i) =>
        node.op === "attention" && i > 0 ? input : tokenOf(input),
      );
      const output: Value = {
        id: freshId(),
        dtype: node.output.dtype,
        shape: [axis(node.output.shape, 0), 1, axis(node.output.shape, 2)],
      };
      narrow.set(node.output.id, output);
      nodes.push({ ...node, inputs, output });
    }
  }
  return { ...graph, nodes };
}
