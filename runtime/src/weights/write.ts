import { entryOf } from "@sigil/spec/shared";
import { byteLength, dtypeBits, isDType, tensorBytes, type DType } from "./dtype.ts";
import { WeightsError } from "./error.ts";
import type { TensorInfo } from "./weight-source.ts";

/** A tensor to store. A Float32Array with dtype F16 or BF16 is rounded to nearest even. */
export interface TensorToWrite {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
}

export type TensorsToWrite =
  | ReadonlyMap<string, TensorToWrite>
  | Readonly<Record<string, TensorToWrite>>;

/** The layout of a file to write, in bytes from its start. */
export interface FileLayout {
  /** Length prefix and header. */
  readonly head: Uint8Array;
  readonly places: ReadonlyMap<
    string,
    TensorInfo & { readonly begin: number; readonly end: number }
  >;
  readonly size: number;
}

export function tensorEntries(tensors: TensorsToWrite): [string, TensorToWrite][] {
  return tensors instanceof Map
    ? [...tensors]
    : Object.entries(tensors as Record<string, TensorToWrite>);
}

/**
 * Lays a file out as the safetensors library does: widest dtype first, then by name, with the
 * header padded to 8 bytes.
 */
export function layOut(
  tensors: Iterable<readonly [string, TensorInfo]>,
  metadata?: Readonly<Record<string, string>>,
): FileLayout {
  const order = [...tensors].sort(
    ([a, x], [b, y]) => dtypeBits[y.dtype] - dtypeBits[x.dtype] || (a < b ? -1 : 1),
  );
  const header: [string, unknown][] = metadata === undefined ? [] : [["__metadata__", metadata]];
  const relative: [string, TensorInfo, number, number][] = [];
  const seen = new Set<string>();
  let at = 0;
  for (const [tensor, { dtype, shape }] of order) {
    if (tensor === "__metadata__" || seen.has(tensor))
      throw new WeightsError("cannot be written: the name is taken", { tensor });
    seen.add(tensor);
    const bytes = isDType(dtype) ? byteLength(dtype, shape) : NaN;
    if (
      !Number.isSafeInteger(bytes) ||
      !shape.every((size) => Number.isSafeInteger(size) && size >= 0)
    ) {
      throw new WeightsError("cannot be written", {
        tensor,
        expected: "a known dtype and whole bytes",
        received: `${dtype} [${shape.join(", ")}]`,
      });
    }
    header.push([tensor, { dtype, shape, data_offsets: [at, at + bytes] }]);
    relative.push([tensor, { dtype, shape }, at, at + bytes]);
    at += bytes;
  }
  const json = new TextEncoder().encode(
    "{" +
      header.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(",") +
      "}",
  );
  const head = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  head.set(json, 8);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  return {
    head,
    places: new Map(
      relative.map(([name, info, begin, end]) => [
        name,
        { ...info, begin: head.length + begin, end: head.length + end },
      ]),
    ),
    size: head.length + at,
  };
}

/** The bytes of a safetensors file. */
export function writeSafetensors(
  tensors: TensorsToWrite,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const entries = tensorEntries(tensors);
  const layout = layOut(entries, metadata);
  const out = new Uint8Array(layout.size);
  out.set(layout.head);
  for (const [name, { dtype, shape, data }] of entries)
    out.set(tensorBytes(name, dtype, shape, data), entryOf(layout.places, name, "place of").begin);
  return out;
}
