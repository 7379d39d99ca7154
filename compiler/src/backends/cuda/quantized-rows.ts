/** Instances of gemm/quantized_rows.cuh, which reads rows of codes, for the sizes of a weight. */
import {
  hasZeroPoints,
  numbersOf,
  quantizedPlaces,
  type Extent,
  type QuantizedStorage,
} from "@sigil/spec";
import { floatLiteral, instance } from "./source.ts";

/** The C++ type that reads rows of codes. It uses `Numbers`, which the kernel has to declare. */
export function quantizedRows(
  storage: QuantizedStorage,
  columns: Extent,
  stride: number,
  depth: number,
): string {
  const { bits, group } = storage;
  const { panelBytes, scalesOffset, zerosOffset } = quantizedPlaces(
    columns as number,
    depth,
    storage,
    1,
    stride,
  );
  const zeros = hasZeroPoints(storage) ? zerosOffset : -1;
  return instance("QuantizedRows", bits, panelBytes, depth, group, scalesOffset, zeros, "Numbers");
}

/**
 * The C++ type `Numbers`: the numbers of 4-bit codes, selected bit by bit, since a table would be
 * in memory.
 */
export function numbersType(storage: QuantizedStorage): string {
  const numbers = numbersOf(storage);
  const chosen = (among: readonly number[]): string => {
    const half = among.length / 2;
    return half < 1
      ? floatLiteral(among[0]!)
      : `(code & ${half}u ? ${chosen(among.slice(half))} : ${chosen(among.slice(0, half))})`;
  };
  const value = !numbers
    ? "0.0f"
    : storage.book
      ? chosen(numbers)
      : "static_cast<float>(static_cast<int>(code) - 8)";
  return (
    `struct Numbers {\n  static constexpr uint32_t zero = ${numbers?.indexOf(0) ?? 0}u;\n  ` +
    `SIGIL_DEVICE static float of(uint32_t code) { return ${value}; }\n};`
  );
}
