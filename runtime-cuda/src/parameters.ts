/** What a kernel takes, in the order in which it takes it: pointers, sizes, tensor maps. */
import { valueOf, type Symbols } from "@sigil/runtime/internal";
import type { Extent } from "@sigil/spec";
import type { DevicePointer, NativeMap } from "./addon.ts";
import type { TensorMapSpec } from "./artifact.ts";

/** CUtensorMapDataType. */
const tensorTypes = { uint8: 0, float16: 6, float32: 7, bfloat16: 9 } as const;
/** CUtensorMapSwizzle. */
const swizzles = { none: 0, "32": 1, "64": 2, "128": 3 } as const;
const mapBytes = 128;
const mapAlignment = 64;

/**
 * The driver is told where each parameter begins, not handed the buffer as one: where a kernel
 * reads a tensor map is up to the compiler. Those of sm_90a lie 48 bytes after the first parameter,
 * since parameters begin 16 bytes past a multiple of 64.
 */
export interface PackedParameters {
  readonly parameters: Uint8Array;
  /** Byte at which each parameter begins. */
  readonly offsets: readonly number[];
  readonly maps: readonly NativeMap[];
}

/** One pointer an operand, one int an extent, then tensor maps, which the addon fills in. */
export function packParameters(
  operands: readonly DevicePointer[],
  extents: readonly Extent[],
  maps: readonly TensorMapSpec[],
  symbols: Symbols,
): PackedParameters {
  const scalars = 8 * operands.length + 4 * extents.length;
  const first = Math.ceil(scalars / mapAlignment) * mapAlignment;
  const parameters = new Uint8Array(maps.length === 0 ? scalars : first + mapBytes * maps.length);
  const view = new DataView(parameters.buffer);
  operands.forEach((pointer, i) => view.setBigUint64(8 * i, pointer, true));
  extents.forEach((extent, i) =>
    view.setInt32(8 * operands.length + 4 * i, valueOf(extent, symbols), true),
  );
  return {
    parameters,
    offsets: [
      ...operands.map((_, i) => 8 * i),
      ...extents.map((_, i) => 8 * operands.length + 4 * i),
      ...maps.map((_, i) => first + mapBytes * i),
    ],
    maps: maps.map(({ operand, offset, dtype, sizes, strides, box, swizzle }, i) => ({
      at: first + mapBytes * i,
      address: operands[operand]! + BigInt(offset),
      type: tensorTypes[dtype],
      swizzle: swizzles[swizzle],
      sizes: sizes.map((size) => valueOf(size, symbols)),
      strides,
      box,
    })),
  };
}
