/** Widens a panel stored in 16 bits, or quantised, to float32, once for all rows that pass it. */
import {
  isQuantized,
  quantizedPlaces,
  storageBytes,
  type Storage,
  type WeightStorage,
} from "@sigil/spec";
import { plus, times } from "./kernel.ts";
import { panelPitch, panelWidth } from "./tile.ts";
import { unpackQuantized } from "./unpack-quantized.ts";
import type { FunctionWriter, Variable } from "./wat/function-writer.ts";
import { f32x4, i32, i32x4, v128, type I32, type V128 } from "./wat/nodes.ts";

/**
 * IEEE half: exponent and fraction moved into place, then rebiased by a multiplication, which also
 * normalises subnormals.
 */
function fromFloat16(f: FunctionWriter, bits: V128): V128 {
  const h = f.let("h", bits);
  const magnitude = f.let("magnitude", i32x4.shl(v128.and(h, i32x4.all(0x7fff)), 13));
  const special = v128.and(i32x4.geU(magnitude, i32x4.all(0x0f800000)), i32x4.all(0x7f800000));
  const sign = i32x4.shl(v128.and(h, i32x4.all(0x8000)), 16);
  return v128.or(v128.or(f32x4.mul(magnitude, f32x4.all(2 ** 112)), special), sign);
}

/** The matrix whose panels a kernel reads. */
export interface StoredMatrix {
  readonly storage: WeightStorage;
  /** Rows of the stored matrix: columns of the product. */
  readonly rows: number;
  readonly depth: number;
}

/**
 * The address of a panel's columns in float32, `panelPitch` apart: the place where they are stored,
 * or `target` after unpacking them there.
 */
export function unpackedPanel(
  f: FunctionWriter,
  { storage, rows, depth }: StoredMatrix,
  base: I32,
  panel: I32,
  target: I32,
): Variable<"i32"> {
  if (isQuantized(storage)) {
    const places = quantizedPlaces(rows, depth, storage, panelWidth);
    const scales = times(panel, 4 * panelWidth * places.groups);
    unpackQuantized(f, storage, depth, {
      codes: i32.add(base, times(panel, places.panelBytes)),
      scales: i32.add(plus(base, places.scalesOffset), scales),
      zerosBehind: places.zerosOffset - places.scalesOffset,
      target,
    });
    return f.let("columns", target);
  }
  const stored = i32.add(base, times(panel, depth * panelWidth * storageBytes[storage]));
  if (storage === "float32") return f.let("columns", stored);
  unpackHalves(f, storage, stored, target, depth);
  return f.let("columns", target);
}

/** Writes `depth` columns of a panel of 16 bits as float32 to `target`. */
function unpackHalves(
  f: FunctionWriter,
  storage: Exclude<Storage, "float32">,
  source: I32,
  target: I32,
  depth: number,
): void {
  const from = f.let("packed", source);
  const to = f.let("unpacked", target);
  const end = f.let("unpackEnd", plus(to, depth * panelPitch));
  f.while(i32.ltU(to, end), () => {
    for (const half of [0, 1]) {
      const bits = v128.load16x4(from, 8 * half);
      f.storeVector(
        to,
        storage === "float16" ? fromFloat16(f, bits) : i32x4.shl(bits, 16),
        16 * half,
      );
    }
    f.set(from, plus(from, 2 * panelWidth));
    f.set(to, plus(to, panelPitch));
  });
}
