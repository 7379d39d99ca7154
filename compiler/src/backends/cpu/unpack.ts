/** Widens a panel stored in 16 bits to float32, once for all rows that pass it. */
import type { Storage } from "@sigil/spec";
import { plus, times } from "./kernel.ts";
import { panelPitch, panelWidth } from "./tile.ts";
import type { FunctionWriter } from "./wat/function-writer.ts";
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

/** Writes `depth` columns of a panel as float32 to `target`. */
export function unpackPanel(
  f: FunctionWriter,
  storage: Storage,
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

/** The address of a stored panel. */
export const panelAddress = (base: I32, panel: I32, depth: number, storage: Storage): I32 =>
  i32.add(base, times(panel, depth * panelWidth * (storage === "float32" ? 4 : 2)));
