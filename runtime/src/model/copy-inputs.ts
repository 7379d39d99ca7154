/** Checks what a caller passes to a program, and copies it. */
import type { PlannedProgram, PlannedTensor } from "@sigil/spec";
import { valueOf, type Symbols } from "./extent.ts";
import { InputError } from "./input-error.ts";
import type { DeviceBytes, HostData } from "./program.ts";
import { arrayOf, isArrayOf } from "./validate.ts";

/** The values of an input, row-major, and their shape. */
export interface InputTensor {
  readonly data: HostData;
  readonly shape: readonly number[];
}

interface Input {
  readonly data: HostData | DeviceBytes;
  readonly shape: readonly number[];
}

/** Inputs by name. Absent ones take their default. */
export type Inputs = Readonly<Record<string, Input | undefined>>;

/**
 * Copies of all inputs of a program, so that the caller may change or transfer its own at once.
 * Bytes on a device are not copied. Throws InputError for a size below 1, and for an input that is
 * missing or has another shape, type or number of values than the program takes.
 */
export function copyInputs(
  program: PlannedProgram,
  inputs: Inputs,
  symbols: Symbols,
): Record<string, HostData | DeviceBytes> {
  for (const [symbol, value] of Object.entries(symbols))
    if (!(Number.isInteger(value) && value >= 1))
      throw new InputError(`${symbol}: expected at least 1, received ${value}`);
  return Object.fromEntries(
    program.inputs.map((input) => [input.name, copyInput(input, inputs[input.name], symbols)]),
  );
}

function copyInput(
  input: PlannedTensor,
  given: Input | undefined,
  symbols: Symbols,
): HostData | DeviceBytes {
  const shape = input.shape.map((extent) => valueOf(extent, symbols));
  const count = shape.reduce((a, b) => a * b, 1);
  const type = arrayOf[input.dtype];
  if (given === undefined) {
    if (input.default === undefined) {
      // By name, since nothing may have given the batch a size.
      const sizes = input.shape.map((extent) =>
        typeof extent === "number" ? extent : extent.symbols.join(" * "),
      );
      throw new InputError(`${input.name}: expected shape [${sizes.join(", ")}], received nothing`);
    }
    const data = new type(count);
    if (input.default === "positions")
      for (let i = 0; i < data.length; i++) data[i] = i % shape.at(-1)!;
    return data;
  }
  const { data, shape: received } = given;
  if (!Array.isArray(received) || shape.join() !== received.join())
    throw new InputError(
      `${input.name}: expected shape [${shape.join(", ")}], received ` +
        `${Array.isArray(received) ? `[${received.join(", ")}]` : String(received)}`,
    );
  const here = isArrayOf(input.dtype, data);
  if (!here && (input.dtype !== "uint8" || typeof (data as DeviceBytes)?.device !== "string"))
    throw new InputError(`${input.name}: expected a ${type.name}, received ${kindOf(data)}`);
  if (data.length !== count)
    throw new InputError(`${input.name}: expected ${count} values, received ${data.length}`);
  return here ? new type(data) : (data as DeviceBytes);
}

const kindOf = (value: unknown): string =>
  typeof value === "object" && value !== null ? value.constructor.name : String(value);
