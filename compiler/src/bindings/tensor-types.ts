/** Planned tensors as TypeScript's types, and in words. */
import type { Extent, PlannedTensor } from "@sigil/spec";

/** The TypeScript type of an axis: a literal, or `number` for a size that only a run knows. */
export const axisType = (extent: Extent): string =>
  typeof extent === "number" ? String(extent) : "number";

const shapeType = ({ shape }: PlannedTensor): string =>
  `readonly [${shape.map(axisType).join(", ")}]`;

export const tensorType = (tensor: PlannedTensor): string =>
  `sigil.${tensor.dtype === "uint8" ? "ByteTensor" : "Tensor"}<${shapeType(tensor)}>`;

export const inputType = (tensor: PlannedTensor): string =>
  tensor.dtype === "int32"
    ? `{ readonly data: Int32Array; readonly shape: ${shapeType(tensor)} }`
    : tensorType(tensor);

/** The shape as text, with symbols for the sizes that only a run knows. */
export const describeShape = ({ shape }: PlannedTensor): string =>
  "[" +
  shape
    .map((extent) => (typeof extent === "number" ? extent : extent.symbols.join(" * ")))
    .join(", ") +
  "]";
