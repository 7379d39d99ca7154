/**
 * What a kernel takes, packed as the driver wants it: pointers, sizes, tensor maps, each at its
 * natural alignment.
 */
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

export interface PackedParameters {
  readonly parameters: Uint8Array;
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
