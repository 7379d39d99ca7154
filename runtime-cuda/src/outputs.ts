/** Outputs on their way to the host, as float32 whatever they are stored in. */
import { shapeOf, widenBfloat16, widenFloat16, type Symbols } from "@sigil/runtime";
import type { PlannedTensor, Storage } from "@sigil/spec";

export interface ReadOutput {
  readonly output: PlannedTensor;
  readonly shape: number[];
  /** What is filled from the device. */
  readonly data: Float32Array | Uint16Array;
}

/** How an output lies in the arena. */
const storedAs = (output: PlannedTensor): Storage => output.stored ?? "float32";

/** Room for an output of these sizes. */
export function roomFor(output: PlannedTensor, symbols: Symbols): ReadOutput {
  const shape = shapeOf(output, symbols);
  const count = shape.reduce((product, size) => product * size, 1);
  return {
    output,
    shape,
    data: storedAs(output) === "float32" ? new Float32Array(count) : new Uint16Array(count),
  };
}

export function widen({ output, data }: ReadOutput): Float32Array {
  if (data instanceof Float32Array) return data;
  return storedAs(output) === "float16" ? widenFloat16(data) : widenBfloat16(data);
}
