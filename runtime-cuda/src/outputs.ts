/** Outputs on their way to the host, as float32 whatever they are stored in. */
import { shapeOf, widenBfloat16, widenFloat16, type Symbols } from "@sigil/runtime/internal";
import type { PlannedTensor, Storage } from "@sigil/spec";

export interface SizedOutput {
  readonly output: PlannedTensor;
  readonly shape: number[];
  /** As it lies in the arena. */
  readonly bytes: number;
}

/** How an output lies in the arena. */
const storedAs = (output: PlannedTensor): Storage => output.stored ?? "float32";

/** An output in a run of these sizes. */
export function sizeOutput(output: PlannedTensor, symbols: Symbols): SizedOutput {
  const shape = shapeOf(output, symbols);
  const count = shape.reduce((product, size) => product * size, 1);
  return { output, shape, bytes: count * (storedAs(output) === "float32" ? 4 : 2) };
}

/** Its values from what was read of the device. */
export function widen(output: PlannedTensor, stored: ArrayBuffer): Float32Array {
  switch (storedAs(output)) {
    case "float32":
      return new Float32Array(stored);
    case "float16":
      return widenFloat16(new Uint16Array(stored));
    case "bfloat16":
      return widenBfloat16(new Uint16Array(stored));
  }
}
