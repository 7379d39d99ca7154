/**
 * For a spec with `pixels: "uint8"`: `pixel_values` becomes the bytes of resized pictures, and the
 * model normalises them.
 */
import type { ModelSpec } from "@sigil/spec";
import { ArchitectureError } from "../architecture/architecture-error.ts";
import { ShapeError, type Shape } from "../ir/extent.ts";
import { freshIds, type Graph, type Node, type Value } from "../ir/graph.ts";
import { axes } from "../ops/op.ts";
import { normalizePixels } from "../ops/normalize-pixels.ts";

/**
 * Makes a float32 input `pixel_values` one of bytes, `[batch, height, width, channels]`, with
 * `normalize_pixels` before what reads it. Throws ArchitectureError where the two do not fit.
 */
export function takeBytes(graph: Graph, pixels: ModelSpec["pixels"]): Graph {
  const input = graph.inputs.find(
    ({ name, value }) =>
      name === "pixel_values" && value.dtype === "float32" && value.shape.length === 4,
  );
  if (pixels.dtype === "float32" || !input) return graph;
  const [batch, channels, height, width] = axes(input.value.shape, [
    "batch",
    "channels",
    "height",
    "width",
  ]);
  const bytes: Value = {
    id: freshIds(graph)(),
    dtype: "uint8",
    shape: [batch, height, width, channels],
  };
  const attributes = {
    rescale: pixels.rescaleFactor,
    mean: pixels.imageMean,
    std: pixels.imageStd,
  };
  const infer = (): Shape => {
    try {
      return normalizePixels.infer([bytes.shape], {}, attributes);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      throw new ArchitectureError(graph.name, "/inputs/pixel_values/shape", error.message);
    }
  };
  const origin = { document: graph.name, pointer: "/inputs/pixel_values", path: "pixel_values" };
  const normalised: Node = {
    op: "normalize_pixels",
    inputs: [bytes],
    weights: {},
    attributes,
    output: { ...input.value, shape: infer() },
    origin,
  };
  return {
    ...graph,
    inputs: graph.inputs.map((other) => (other === input ? { ...input, value: bytes } : other)),
    nodes: [normalised, ...graph.nodes],
  };
}
