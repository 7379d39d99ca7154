import { operand } from "../expr/expression.ts";
import { axis, fixed } from "../ir/extent.ts";
import { inputOf, weightOf, type Node, type Value } from "../ir/graph.ts";
import { rangeOf } from "../ops/tokens.ts";
import type { Lowering } from "./lowering.ts";
import { place, written } from "./operands.ts";

/** A copy of one row of each sequence; the only row is read where it lies. */
function token({ inputs, output, attributes, origin }: Node, lowering: Lowering): void {
  const x = inputOf({ inputs });
  const tokens = fixed(x.shape[1], "tokens");
  const width = fixed(output.shape.at(-1), "channels");
  if (tokens === 1 && !lowering.isOutput(output) && !lowering.viewOf(x)) {
    lowering.setView(output, { value: x, offset: 0, stride: width });
    return;
  }
  const index = (Number(attributes.index) + tokens) % tokens;
  lowering.launches.push({
    problem: {
      family: "map",
      rows: axis(x.shape, 0),
      width,
      expression: operand("x"),
      operands: [{ name: "x", index: "strided", stride: tokens * width, first: index * width }],
    },
    origins: [origin.path],
    operands: [place(lowering, x), written(output)],
  });
}

/** A copy; the tokens of a sequence lie side by side. */
function takeTokens({ inputs, output, attributes, origin }: Node, lowering: Lowering): void {
  const x = inputOf({ inputs });
  const tokens = fixed(x.shape[1], "tokens");
  const channels = fixed(x.shape[2], "channels");
  const [first, count] = rangeOf(tokens, attributes);
  const operands = [
    { name: "x", index: "strided", stride: tokens * channels, first: first * channels } as const,
  ];
  lowering.launches.push({
    problem: {
      family: "map",
      rows: axis(x.shape, 0),
      width: count * channels,
      expression: operand("x"),
      operands,
    },
    origins: [origin.path],
    operands: [place(lowering, x), written(output)],
  });
}

function meanTokens({ inputs, output, origin }: Node, lowering: Lowering): void {
  const [x, mask] = inputs as [Value, Value?];
  lowering.launches.push({
    problem: {
      family: "row_reduce",
      kind: "mean",
      rows: axis(x.shape, 0),
      width: fixed(output.shape.at(-1), "channels"),
      reduced: fixed(x.shape[1], "tokens"),
      epsilon: 0,
      ...(mask && { mask: true }),
    },
    origins: [origin.path],
    operands: [place(lowering, x), ...(mask ? [place(lowering, mask)] : []), written(output)],
  });
}

/**
 * The host gathers the rows, since tables are large and few of their rows are read; on CUDA a
 * launch does (passes/gather-on-device.ts).
 */
function embedding({ inputs, output, weights, origin }: Node, lowering: Lowering): void {
  const input = lowering.graph.inputs.find(({ value }) => value.id === inputOf({ inputs }).id);
  if (!input) throw new Error("internal: checkGraph lets ids be inputs alone");
  lowering.gathers.push({
    input: input.name,
    table: weightOf({ weights }).tensor,
    value: output,
    width: fixed(output.shape.at(-1), "channels"),
    origin: origin.path,
  });
}

export const tokens = { token, take_tokens: takeTokens, mean_tokens: meanTokens, embedding };
