/** Checks what a caller passes to a run. */
import type { PlannedProgram, PlannedTensor } from "@sigil/spec";
import { valueOf, type Symbols } from "./extent.ts";
import { InputError } from "./input-error.ts";
import type { DeviceBytes, HostData } from "./program.ts";

/** The shape of a tensor in a run. */
export const shapeOf = (tensor: PlannedTensor, symbols: Symbols): number[] =>
  tensor.shape.map((extent) => valueOf(extent, symbols));

/** The array class for the values of an input, by dtype. */
export const arrayOf = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array } as const;

/** Whether a value is an array of a dtype: of this realm, or of another such as Jest has. */
export const isArrayOf = <T extends keyof typeof arrayOf>(
  dtype: T,
  value: unknown,
): value is InstanceType<(typeof arrayOf)[T]> =>
  (value as Partial<HostData> | null | undefined)?.[Symbol.toStringTag] === arrayOf[dtype].name;

/**
 * Throws InputError for sizes beyond the plan, and for inputs that are missing or have the wrong
 * type or length. Bytes may lie on a device.
 */
export function validateInputs(
  program: PlannedProgram,
  inputs: Readonly<Record<string, HostData>>,
  symbols: Symbols,
  onDevice: Readonly<Record<string, DeviceBytes>> = {},
): void {
  for (const [symbol, largest] of Object.entries(program.symbols)) {
    const value = symbols[symbol];
    if (value === undefined) throw new InputError(`${program.name}: ${symbol} is not given`);
    if (!Number.isInteger(value) || value < 1 || value > largest)
      throw new InputError(
        `${program.name}: ${symbol} must be an integer from 1 to ${largest}, received ${value}`,
      );
  }
  for (const tensor of program.inputs) {
    const bytes = onDevice[tensor.name];
    const data = bytes ?? inputs[tensor.name];
    const type = arrayOf[tensor.dtype];
    if (data === undefined)
      throw new InputError(`${program.name}: input ${tensor.name} is missing`);
    if (bytes ? tensor.dtype !== "uint8" : !isArrayOf(tensor.dtype, data))
      throw new InputError(`${program.name}: input ${tensor.name} must be a ${type.name}`);
    const shape = shapeOf(tensor, symbols);
    const count = shape.reduce((product, size) => product * size, 1);
    if (data.length !== count)
      throw new InputError(
        `${program.name}: input ${tensor.name} must hold ${count} elements ` +
          `([${shape.join(", ")}]), received ${data.length}`,
      );
  }
}
