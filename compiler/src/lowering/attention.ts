/** Attention, which gives its probabilities too where they are wanted. */
import { axis, fixed } from "../ir/extent.ts";
import { inputOf, type Node, type Value } from "../ir/graph.ts";
import type { Lowering } from "./lowering.ts";
import { place, written } from "./operands.ts";

interface Operands {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly mask: Value | undefined;
  readonly output: Value;
  readonly probabilities: Value | undefined;
}

function attention(node: Node, lowering: Lowering): void {
  const [q, k, v, mask] = node.inputs as [Value, Value, Value, Value?];
  const probabilities = probabilitiesOf(lowering, node);
  if (probabilities) lowering.absorb(probabilities);
  const { output } = node;
  attend(node, lowering, { q, k, v, mask, output, probabilities: probabilities?.output });
}

function attentionProbabilities(node: Node, lowering: Lowering): void {
  const [q, k, mask] = node.inputs as [Value, Value, Value?];
  const owner = lowering
    .readersOf(q)
    .find((reader) => reader.op === "attention" && isProbabilitiesOf(node, reader));
  // Then they are that attention's second result.
  if (owner && probabilitiesOf(lowering, owner) === node) return;
  // The sums have no reader, and any values do.
  const output = lowering.newValue([axis(k.shape, 0), axis(q.shape, -2), axis(k.shape, 2)]);
  attend(node, lowering, { q, k, v: k, mask, output, probabilities: node.output });
}

/** The probabilities that an attention gives as its second result. */
const probabilitiesOf = (lowering: Lowering, node: Node): Node | undefined =>
  lowering.readersOf(inputOf(node)).find((reader) => isProbabilitiesOf(reader, node));

/** Whether a node gives the probabilities of an attention, whose masks may differ. */
const isProbabilitiesOf = (node: Node, attention: Node): boolean =>
  node.op === "attention_probabilities" &&
  node.attributes.heads === attention.attributes.heads &&
  inputOf(node).id === inputOf(attention).id &&
  inputOf(node, 1).id === inputOf(attention, 1).id &&
  node.inputs[2]?.id === attention.inputs[3]?.id;

function attend(
  { attributes, origin }: Node,
  lowering: Lowering,
  { q, k, v, mask, output, probabilities }: Operands,
): void {
  const heads = Number(attributes.heads);
  const headSize = fixed(k.shape[2], "channels") / heads;
  lowering.launches.push({
    problem: {
      family: "attention",
      batch: axis(k.shape, 0),
      heads,
      headSize,
      queries: fixed(q.shape.at(-2), "queries"),
      keys: fixed(k.shape[1], "keys"),
      queryStride: lowering.strideOf(q),
      keyStride: lowering.strideOf(k),
      valueStride: lowering.strideOf(v),
      sharedQuery: q.shape.length === 2,
      scale: headSize ** -0.5,
      mask: mask !== undefined,
      probabilities: probabilities !== undefined,
    },
    origins: [origin.path],
    operands: [
      place(lowering, q),
      place(lowering, k),
      place(lowering, v),
      ...(mask ? [place(lowering, mask)] : []),
      written(output),
      ...(probabilities ? [written(probabilities)] : []),
    ],
  });
}

export const attentions = { attention, attention_probabilities: attentionProbabilities };
