import { showShape } from "../ir/extent.ts";
import { weightOf, type Graph, type Node } from "../ir/graph.ts";
import { opNamed } from "../ops/index.ts";
import { ArchitectureError } from "./architecture-error.ts";

/** Ops that are part of the kernel which reads them, with the op that it is made for. */
const onlyReaders: Readonly<Record<string, string>> = {
  patches: "linear",
  normalize_pixels: "patches",
};
const onlyFor = (op: string, reader: string): string =>
  `what ${op} gives can only be read by ${reader}`;

/**
 * Refuses what no shape shows and no kernel computes: element types that an op does not read, ids
 * and tables that are computed, patches outside a linear, outputs that no run computes, and symbols
 * that no input binds. Throws ArchitectureError.
 */
export function checkGraph(graph: Graph): Graph {
  const producer = new Map(graph.nodes.map((node) => [node.output.id, node]));
  const inputs = new Map(graph.inputs.map((input) => [input.value.id, input]));
  const computed = new Set(inputs.keys());
  for (const node of graph.nodes) {
    checkInputs(node, producer, inputs);
    if (node.inputs.some(({ id }) => computed.has(id))) computed.add(node.output.id);
  }
  for (const { name, value } of graph.outputs) {
    const fail = (problem: string): never => {
      throw new ArchitectureError(graph.name, `/outputs/${name}`, problem);
    };
    if (value.dtype !== "float32") fail(`an output must be float32, not ${value.dtype}`);
    if (!computed.has(value.id)) fail("an output must be computed from an input");
    const op = producer.get(value.id)?.op ?? "input";
    if (onlyReaders[op] !== undefined) fail(onlyFor(op, onlyReaders[op]));
  }
  checkSymbols(graph);
  return graph;
}

function checkInputs(
  { op, inputs, weights, origin }: Node,
  producer: ReadonlyMap<number, Node>,
  given: ReadonlyMap<number, Graph["inputs"][number]>,
): void {
  inputs.forEach((value, i) => {
    const fail = (problem: string): never => {
      throw new ArchitectureError(origin.document, `${origin.pointer}/inputs/${i}`, problem);
    };
    const { reads = "float32" } = opNamed(op);
    const from = producer.get(value.id);
    if (reads === "int32" && !given.has(value.id))
      fail(`${op} reads ids that are an input of the graph, not computed ones`);
    if (value.dtype !== reads) fail(`${op} reads ${reads}, not ${value.dtype}`);
    const reader = from && onlyReaders[from.op];
    if (from && reader !== undefined && op !== reader) fail(onlyFor(from.op, reader));
    if (op === "interpolate_grid" && (from?.op !== "parameter" || !isWholeMatrix(from)))
      fail("interpolate_grid must read a parameter whose weight has two axes");
  });
  const table = op === "embedding" ? weightOf({ weights }) : undefined;
  if (table && table.end - table.begin !== table.shape[0])
    throw new ArchitectureError(
      origin.document,
      `${origin.pointer}/weights/weight/rows`,
      "an embedding must read a whole table",
    );
}

const isWholeMatrix = ({ weights }: Node): boolean => weightOf({ weights }).shape.length === 2;

/**
 * A run learns a symbol from an axis of an input that it must be given, and splits a batch that is
 * larger than planned along the first axis of whatever goes in and comes out.
 */
function checkSymbols({ name, symbols, inputs, outputs }: Graph): void {
  const bound = new Set(
    inputs.flatMap((input) =>
      input.default === undefined
        ? input.value.shape.flatMap((axis) =>
            typeof axis !== "number" && axis.symbols.length === 1 ? axis.symbols : [],
          )
        : [],
    ),
  );
  const free = Object.keys(symbols).find((symbol) => !bound.has(symbol));
  if (free !== undefined)
    throw new ArchitectureError(
      name,
      `/symbols/${free}`,
      `no input without a default has an axis of "${free}" alone`,
    );
  if (bound.size === 0)
    throw new ArchitectureError(
      name,
      "/symbols",
      "no input without a default has an axis whose size a run chooses",
    );
  if (bound.size > 1) return;
  for (const [kind, list] of Object.entries({ inputs, outputs }))
    for (const { name: member, value } of list) {
      const [first, ...others] = value.shape;
      if (typeof first !== "number" && others.every((axis) => typeof axis === "number")) continue;
      throw new ArchitectureError(
        name,
        `/${kind}/${member}`,
        `the first axis, and no other, must be of "${[...bound].join()}", but the shape is ` +
          `${showShape(value.shape)}`,
      );
    }
}
