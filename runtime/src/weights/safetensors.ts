import { entryOf } from "@sigil/spec/shared";
import { RecentRows } from "../recent-rows.ts";
import type { ByteSource } from "./byte-source.ts";
import { verifyBytes } from "./verify-bytes.ts";
import { dtypeBits, toFloat32 } from "./dtype.ts";
import { WeightsError } from "./error.ts";
import { readHeader } from "./header.ts";
import { digestFor } from "./verify-plan.ts";
import { checkRows, requireTensor, type WeightSource } from "./weight-source.ts";

/** Rows at most this many bytes apart are fetched by one read. */
const joinBytes = 4096;
/** How many bytes of table rows are kept. */
const keptBytes = 8 << 20;
/** The most bytes that one gathering read may have. */
const maxReadBytes = 8 << 20;

/**
 * Opens one safetensors file. It checks the whole header, and reads no tensor. Closing it closes
 * the byte source.
 */
export async function openSafetensors(
  source: ByteSource,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<WeightSource & Required<Pick<WeightSource, "readRows" | "verify">>> {
  const file = source.name;
  const { tensors, metadata } = await readHeader(source, signal);
  const cache = new RecentRows<Uint8Array>(keptBytes);

  async function bytes(
    tensor: string,
    begin: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const data = await source.read(begin, length, signal);
    signal?.throwIfAborted();
    if (data.byteLength !== length) {
      throw new WeightsError("could not be read whole", {
        file,
        tensor,
        expected: `${length} bytes`,
        received: `${data.byteLength} bytes`,
      });
    }
    return data;
  }
  const place = (name: string) => requireTensor({ name: file, tensors }, name);
  const readRows: NonNullable<WeightSource["readRows"]> = async (name, rows, options) => {
    const { begin, dtype } = place(name);
    const columns = checkRows({ name: file, tensors }, name, rows);
    const rowBytes = (columns * dtypeBits[dtype]) / 8;
    const found = new Map<number, Uint8Array>();
    const missing: number[] = [];
    for (const row of [...new Set(Array.from(rows))].sort((a, b) => a - b)) {
      const kept = cache.get(`${row} ${name}`);
      if (kept === undefined) missing.push(row);
      else found.set(row, kept);
    }
    for (let start = 0; start < missing.length; ) {
      let stop = start + 1;
      while (
        stop < missing.length &&
        (missing[stop]! - missing[stop - 1]! - 1) * rowBytes <= joinBytes &&
        (missing[stop]! + 1 - missing[start]!) * rowBytes <= maxReadBytes
      )
        stop++;
      const first = missing[start]!;
      const values = await bytes(
        name,
        begin + first * rowBytes,
        (missing[stop - 1]! + 1 - first) * rowBytes,
        options?.signal,
      );
      for (; start < stop; start++) {
        const row = missing[start]!;
        const from = (row - first) * rowBytes;
        // Not slice(), by which Node's Buffer gives a view.
        const copy = new Uint8Array(values.subarray(from, from + rowBytes));
        found.set(row, copy);
        cache.set(`${row} ${name}`, copy);
      }
    }
    const out = new Uint8Array(rows.length * rowBytes);
    for (let i = 0; i < rows.length; i++) out.set(entryOf(found, rows[i]!, "row"), i * rowBytes);
    return out;
  };

  return {
    name: file,
    tensors,
    metadata,
    async read(name, options) {
      const { begin, end } = place(name);
      return bytes(name, begin, end - begin, options?.signal);
    },
    locate(name) {
      const { descriptor } = source;
      return descriptor === undefined ? undefined : { descriptor, offset: place(name).begin };
    },
    async readFloat32(name, options) {
      const { begin, end, dtype } = place(name);
      toFloat32(new Uint8Array(0), dtype, { file, tensor: name });
      return toFloat32(await bytes(name, begin, end - begin, options?.signal), dtype, {
        file,
        tensor: name,
      });
    },
    readRows,
    async readRowsFloat32(name, rows, options) {
      const { dtype } = place(name);
      toFloat32(new Uint8Array(0), dtype, { file, tensor: name });
      return toFloat32(await readRows(name, rows, options), dtype, { file, tensor: name });
    },
    async verify(sha256, options = {}) {
      const digest = digestFor(sha256, file);
      await (source.verify?.(digest, options) ?? verifyBytes(source, digest, options));
    },
    async close() {
      cache.clear();
      await source.close?.();
    },
  };
}
