/**
 * Pictures that come as bytes: where the spec says so, `pixel_values` is what was resized, and the
 * model normalises it.
 */
import type { ModelSpec } from "@sigil/spec";
import { ArchitectureError } from "../architecture/expand.ts";
import type { Graph, Node, Value } from "../ir/graph.ts";
import { normalizePixels } from "../ops/normalize-pixels.ts";

/**
 * Makes a float32 input `pixel_values` one of bytes, `[batch, height, width, channels]`, with
 * `normalize_pixels` before what reads it.
 */
export function takeBytes(graph: Graph, pixels: ModelSpec["pixels"]): Graph {
  const input = graph.inputs.find(
    ({ name, value }) =>
      name === "pixel_values" && value.dtype === "float32" && value.shape.length === 4,
  );
  if (pixels.dtype === "float32" || !input) return checkBytes(graph);
  const [batch, channels, height, width] = input.value.shape;
  const fresh =
    Math.max(
      ...graph.nodes.map(({ output }) => output.id),
      ...graph.inputs.map(({ value }) => value.id),
    ) + 1;
  const bytes: Value = { id: fresh, dtype: "uint8", shape: [batch!, height!, width!, channels!] };
  const attributes = {
    rescale: pixels.rescaleFactor,
    mean: pixels.imageMean,
    std: pixels.imageStd,
  };
  const origin = { document: graph.name, pointer: "/inputs/pixel_values", path: "pixel_values" };
  const normalised: Node = {
    op: "normalize_pixels",
    inputs: [bytes],
    weights: {},
    attributes,
    output: { ...input.value, shape: normalizePixels.infer([bytes.shape], {}, attributes) },
    origin,
  };
  return checkBytes({
    ...graph,
    inputs: graph.inputs.map((other) => (other === input ? { ...input, value: bytes } : other)),
    nodes: [normalised, ...graph.nodes],
  });
}

/**
 * Normalising is folded into the patch embedding, so bytes have no other way in. Throws
 * ArchitectureError.
 */
function checkBytes(graph: Graph): Graph {
  const bytes = new Set(
    graph.inputs.flatMap(({ value }) => (value.dtype === "uint8" ? [value.id] : [])),
  );
  const normalised = new Set(
    graph.nodes.flatMap(({ op, output }) => (op === "normalize_pixels" ? [output.id] : [])),
  );
  const patches = new Set(
    graph.nodes.flatMap(({ op, inputs, output }) =>
      op === "patches" && normalised.has(inputs[0]!.id) ? [output.id] : [],
    ),
  );
  for (const { op, inputs, origin } of graph.nodes) {
    const fail = (message: string): never => {
      throw new ArchitectureError(origin.document, origin.pointer, message);
    };
    if (op === "normalize_pixels" && !bytes.has(inputs[0]!.id))
      fail("normalize_pixels takes an input of uint8");
    for (const { id } of inputs) {
      if (bytes.has(id) && op !== "normalize_pixels")
        fail(`${op} cannot read bytes: only normalize_pixels can`);
      if (normalised.has(id) && op !== "patches")
        fail(
          `${op} cannot read bytes that were normalised: only patches, and a linear after them, can`,
        );
      if (patches.has(id) && op !== "linear")
        fail(`${op} cannot read patches of bytes: only a linear can`);
    }
  }
  const exposed = graph.outputs.find(
    ({ value }) => normalised.has(value.id) || patches.has(value.id),
  );
  if (exposed)
    throw new ArchitectureError(
      graph.name,
      `/outputs/${exposed.name}`,
      "normalised bytes cannot be an output",
    );
  return graph;
}
