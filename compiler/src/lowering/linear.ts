/** Matrix products: linears, with packed projections and patch embeddings, and similarities. */
import { accumulator, binary, operand } from "../expr/expression.ts";
import { axis, fixed, multiply } from "../ir/extent.ts";
import { inputOf, weightOf, type Node, type Value } from "../ir/graph.ts";
import { extendEpilogue, type Epilogue, type EpilogueStart } from "./epilogue.ts";
import type { Lowering } from "./lowering.ts";
import { matrix, place, written } from "./operands.ts";
import { packProjections, projectionsWith } from "./projections.ts";
import { patchPrologue } from "./patch-prologue.ts";

function linear(node: Node, lowering: Lowering): void {
  const group = projectionsWith(lowering, node);
  const weights = group.map((member) => weightOf(member));
  const x = inputOf(node);
  const patches = patchPrologue(lowering, x, weights);
  const start = withBias(patches?.start ?? product, group);
  const epilogue: Epilogue =
    group.length === 1
      ? extendEpilogue(lowering, node, start)
      : {
          ...start,
          output: packProjections(lowering, group),
          origins: group.map(({ origin }) => origin.path),
        };
  const storage = patches?.storage ?? lowering.storageOf(weights[0]!);
  const depth = fixed(x.shape.at(-1), "depth");
  const int8 = !patches && lowering.takesInt8(storage, depth);
  lowering.launches.push({
    problem: {
      family: "gemm",
      rows: multiply(...node.output.shape.slice(0, -1)),
      columns: weights.reduce((sum, { begin, end }) => sum + end - begin, 0),
      depth,
      b: { kind: "weight", storage, ...(int8 && { activations: "int8" }) },
      a: patches?.a ?? { kind: "rows", stride: lowering.strideOf(x) },
      epilogue: epilogue.expression,
      epilogueOperands: epilogue.operands,
    },
    origins: epilogue.origins,
    operands: [
      patches?.source ?? place(lowering, x),
      patches?.weights ?? matrix(...weights),
      ...epilogue.sources,
      written(epilogue.output),
    ],
  });
}

const product: EpilogueStart = { expression: accumulator, operands: [], sources: [] };

function withBias(start: EpilogueStart, group: readonly Node[]): EpilogueStart {
  const biases = group.flatMap(({ weights }) => weights.bias ?? []);
  if (biases.length === 0) return start;
  return {
    expression: binary("add", start.expression, operand("bias")),
    operands: [...start.operands, { name: "bias", index: "column" }],
    sources: [...start.sources, matrix(...biases)],
  };
}

function similarity(node: Node, lowering: Lowering): void {
  const [x, y] = node.inputs as [Value, Value];
  const epilogue = extendEpilogue(lowering, node, product);
  lowering.launches.push({
    problem: {
      family: "gemm",
      rows: axis(x.shape, 0),
      columns: axis(y.shape, 0),
      depth: fixed(x.shape[1], "depth"),
      b: { kind: "activation" },
      a: { kind: "rows", stride: lowering.strideOf(x) },
      epilogue: epilogue.expression,
      epilogueOperands: epilogue.operands,
    },
    origins: epilogue.origins,
    operands: [
      place(lowering, x),
      place(lowering, y),
      ...epilogue.sources,
      written(epilogue.output),
    ],
  });
}

export const products = { linear, similarity };
