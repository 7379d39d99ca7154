/** Fusion: q, k and v of one input become one product, whose columns attention reads in place. */
import { fixed } from "../ir/extent.ts";
import { inputOf, weightOf, type Node, type Value } from "../ir/graph.ts";
import { sameStorage } from "@sigil/spec";
import type { Lowering } from "./lowering.ts";

/** The linears of one input that only one attention reads, this one among them. */
export function projectionsWith(lowering: Lowering, node: Node): readonly Node[] {
  const attention = attentionOf(lowering, node.output);
  if (!attention) return [node];
  const group = attention.inputs
    .map((value) => lowering.producerOf(value))
    .filter(
      (other): other is Node =>
        other?.op === "linear" &&
        inputOf(other).id === inputOf(node).id &&
        attentionOf(lowering, other.output) === attention &&
        Boolean(other.weights.bias) === Boolean(node.weights.bias) &&
        sameStorage(lowering.storageOf(weightOf(other)), lowering.storageOf(weightOf(node))),
    );
  return group.includes(node) ? group : [node];
}

/** The one attention that reads a value, apart from whoever wants its probabilities. */
function attentionOf(lowering: Lowering, value: Value): Node | undefined {
  if (lowering.isOutput(value)) return undefined;
  const [reader, ...others] = lowering
    .readersOf(value)
    .filter(({ op }) => op !== "attention_probabilities");
  return others.length === 0 && reader?.op === "attention" ? reader : undefined;
}

/** The value that holds the projections side by side, of which they become views. */
export function packProjections(lowering: Lowering, group: readonly Node[]): Value {
  const widths = group.map(({ output }) => fixed(output.shape.at(-1), "channels"));
  const stride = widths.reduce((a, b) => a + b);
  const packed = lowering.newValue([...group[0]!.output.shape.slice(0, -1), stride]);
  let offset = 0;
  group.forEach((member, i) => {
    lowering.setView(member.output, { value: packed, offset, stride });
    lowering.absorb(member);
    offset += widths[i]!;
  });
  return packed;
}
