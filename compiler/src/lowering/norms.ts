import { fixed, multiply } from "../ir/extent.ts";
import { inputOf, type Node } from "../ir/graph.ts";
import type { NormProblem } from "../kernels/problem.ts";
import type { Lowering } from "./lowering.ts";
import { matrix, place, written } from "./operands.ts";

const norm =
  (kind: NormProblem["kind"]) =>
  ({ inputs, output, weights, attributes, origin }: Node, lowering: Lowering): void => {
    const x = inputOf({ inputs });
    const groups = Number(attributes.groups ?? 1);
    lowering.launches.push({
      problem: {
        family: "row_reduce",
        kind,
        rows: multiply(...x.shape.slice(0, -1), groups),
        width: fixed(output.shape.at(-1), "channels") / groups,
        epsilon: Number(attributes.epsilon ?? 0),
      },
      origins: [origin.path],
      operands: [
        place(lowering, x),
        ...["weight", "bias"].flatMap((role) => (weights[role] ? [matrix(weights[role])] : [])),
        written(output),
      ],
    });
  };

export const norms = {
  layer_norm: norm("layer_norm"),
  rms_norm: norm("rms_norm"),
  l2_normalize: norm("l2_normalize"),
};
