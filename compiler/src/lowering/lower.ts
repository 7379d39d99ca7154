/** Makes kernel problems of primitive nodes. A fusion makes one problem of several nodes. */
import type { PlannedTensor } from "@sigil/spec";
import type { Graph, Node, Value } from "../ir/graph.ts";
import type { LoweredProgram } from "../kernels/lowered.ts";
import { attentions } from "./attention.ts";
import { concat } from "./concat.ts";
import { elementwise } from "./elementwise.ts";
import { grids } from "./grids.ts";
import { hoist } from "./hoist.ts";
import { products } from "./linear.ts";
import { Lowering, type StorageOfWeights } from "./lowering.ts";
import { norms } from "./norms.ts";
import { rotary } from "./rotary.ts";
import { tokens } from "./tokens.ts";

/** Part of what reads them, which finds them by its inputs. */
const readInPlace = (): void => {};

const byOp: Readonly<Record<string, (node: Node, lowering: Lowering) => void>> = {
  ...attentions,
  ...concat,
  ...elementwise,
  ...grids,
  ...norms,
  ...products,
  ...rotary,
  ...tokens,
  interpolate_grid: readInPlace,
  normalize_pixels: readInPlace,
  parameter: readInPlace,
  patches: readInPlace,
};

/**
 * Turns a graph into kernel problems. The graph must have passed `checkGraph`, which refuses what
 * no kernel computes.
 */
export function lower(graph: Graph, stored: StorageOfWeights): LoweredProgram {
  const lowering = new Lowering(graph, stored);
  for (const node of graph.nodes) {
    if (lowering.isAbsorbed(node)) continue;
    const lowerNode = byOp[node.op];
    if (!lowerNode) throw new Error(`internal: no lowering for ${node.op} (${node.origin.path})`);
    lowerNode(node, lowering);
  }
  const references = [
    ...graph.nodes.flatMap((node) => Object.values(node.weights)),
    ...graph.inputs.flatMap(({ table }) => table ?? []),
  ];
  return {
    name: graph.name,
    symbols: graph.symbols,
    ...hoist(lowering.launches),
    inputs: graph.inputs.map((input) => ({ ...input, dtype: hostType(input.value) })),
    outputs: graph.outputs,
    gathers: lowering.gathers,
    tensors: Object.fromEntries(references.map(({ tensor, shape }) => [tensor, shape] as const)),
  };
}

/** Callers hand in what they have; 16-bit values are the kernels' own. */
const hostType = ({ dtype }: Value): PlannedTensor["dtype"] =>
  dtype === "float16" || dtype === "bfloat16" ? "float32" : dtype;
