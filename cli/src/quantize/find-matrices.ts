import {
  buildGraphs,
  type Graph,
  type Node,
  readersByValue,
  weightOf,
} from "@sigil/compiler/internal";
import type { ModelSpec } from "@sigil/spec";

/** A matrix that can be quantised: of a linear, or a table of embeddings. */
export interface Matrix {
  readonly kind: "linear" | "table";
  readonly rows: number;
  readonly columns: number;
}

/** A norm whose weight and bias may go into the linears that read it, since nothing else does. */
export interface FoldableNorm {
  readonly weight: string;
  readonly bias: string | undefined;
  /** Their weights, and the biases that take what the norm's bias gives. */
  readonly linears: readonly { readonly weight: string; readonly bias: string }[];
}

export interface ModelMatrices {
  /** Its pictures are patches, of which no samples are made yet. */
  readonly naflex: boolean;
  readonly matrices: ReadonlyMap<string, Matrix>;
  readonly norms: readonly FoldableNorm[];
  /** Every tensor of the model, with its shape. */
  readonly tensors: ReadonlyMap<string, readonly number[]>;
}

/** Finds what of a model can be quantised: matrices of linears, and embedding tables. */
export function findMatrices(spec: ModelSpec): ModelMatrices {
  const matrices = new Map<string, Matrix>();
  const tensors = new Map<string, readonly number[]>();
  const norms: FoldableNorm[] = [];
  const graphs = buildGraphs(spec);
  for (const graph of graphs) {
    // A table whose rows the runtime makes for each picture.
    for (const { table } of graph.inputs) if (table) tensors.set(table.tensor, table.shape);
    for (const node of graph.nodes) {
      const { op } = node;
      for (const { tensor, shape } of Object.values(node.weights)) tensors.set(tensor, shape);
      const kind = op === "linear" ? "linear" : op === "embedding" ? "table" : undefined;
      if (!kind) continue;
      const { tensor, shape } = weightOf(node);
      const [rows, ...rest] = shape as [number, ...number[]];
      matrices.set(tensor, { kind, rows, columns: rest.reduce((a, b) => a * b, 1) });
    }
    norms.push(...foldable(graph));
  }
  const naflex = graphs.some(({ kind }) => kind?.startsWith("siglip2"));
  return { naflex, matrices, norms, tensors };
}

function foldable(graph: Graph): FoldableNorm[] {
  const readers = readersByValue(graph);
  const outputs = new Set(graph.outputs.map(({ value }) => value.id));
  // A weight that several nodes read stands for more than what one of them makes of it.
  const uses = new Map<string, number>();
  for (const { weights } of graph.nodes)
    for (const { tensor } of Object.values(weights)) uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  const alone = (node: Node, role: string): string | undefined => {
    const weight = node.weights[role];
    return weight && uses.get(weight.tensor) === 1 && weight.end - weight.begin === weight.shape[0]
      ? weight.tensor
      : undefined;
  };
  return graph.nodes.flatMap((node) => {
    if (node.op !== "layer_norm" || outputs.has(node.output.id)) return [];
    const weight = alone(node, "weight");
    const bias = alone(node, "bias");
    const linears = (readers.get(node.output.id) ?? []).map((reader) => ({
      weight: reader.op === "linear" ? alone(reader, "weight") : undefined,
      bias: reader.op === "linear" ? alone(reader, "bias") : undefined,
    }));
    const whole = linears.flatMap(({ weight: w, bias: b }) =>
      w !== undefined && b !== undefined ? [{ weight: w, bias: b }] : [],
    );
    return weight !== undefined &&
      bias !== undefined &&
      whole.length > 0 &&
      whole.length === linears.length
      ? [{ weight, bias, linears: whole }]
      : [];
  });
}
