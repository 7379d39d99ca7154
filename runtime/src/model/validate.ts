/** What a caller may pass to a run. */
import type { PlannedProgram, PlannedTensor } from "@sigil/spec";
import { valueOf, type Symbols } from "./extent.ts";
import { InputError } from "./input-error.ts";

/** The shape of a tensor in a run. */
export const shapeOf = (tensor: PlannedTensor, symbols: Symbols): number[] => tensor.shape.map((extent) => valueOf(extent, symbols));

/** Throws an InputError for sizes beyond the plan and inputs that are missing or of another type or length. */
export function validateInputs(program: PlannedProgram, inputs: Readonly<Record<string, Float32Array | Int32Array>>, symbols: Symbols): void {
  for (const [symbol, largest] of Object.entries(program.symbols)) {
    const value = symbols[symbol];
    if (value === undefined) throw new InputError(`${program.name}: ${symbol} is not given`);
    if (!Number.isInteger(value) || value < 1 || value > largest) throw new InputError(`${program.name}: ${symbol} must be an integer from 1 to ${largest}, received ${value}`);
  }
  for (const tensor of program.inputs) {
    const data = inputs[tensor.name];
    const type = tensor.dtype === "int32" ? Int32Array : Float32Array;
    if (data === undefined) throw new InputError(`${program.name}: input ${tensor.name} is missing`);
    if (!(data instanceof type)) throw new InputError(`${program.name}: input ${tensor.name} must be a ${type.name}`);
    const shape = shapeOf(tensor, symbols);
    const count = shape.reduce((product, size) => product * size, 1);
    if (data.length !== count) throw new InputError(`${program.name}: input ${tensor.name} must hold ${count} elements ([${shape.join(", ")}]), received ${data.length}`);
  }
}
