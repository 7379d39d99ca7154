/**
 * Weights that another thread reads: bytes cross as they are stored, and are converted where they
 * are used.
 */
import { packable } from "../weights/quantized/packable.ts";
import type { QuantizedMatrix } from "../weights/quantized/quantized-matrix.ts";
import { toFloat32 } from "../weights/dtype.ts";
import { requireTensor, type TensorInfo, type WeightSource } from "../weights/weight-source.ts";
import { untilAborted } from "../weights/until-aborted.ts";
import type { Peer } from "./peer.ts";

/** What can be said of weights in a message. */
export interface WeightsDescription {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The same weights in the thread that uses them. A signal ends the waiting here; what was asked for
 * is read over there all the same.
 */
export function remoteWeights(
  peer: Peer,
  { name, tensors, metadata }: WeightsDescription,
): WeightSource {
  const ask = async (
    signal: AbortSignal | undefined,
    method: string,
    ...args: readonly unknown[]
  ): Promise<unknown> => {
    signal?.throwIfAborted();
    return untilAborted(peer.call(method, args), signal);
  };
  const read: WeightSource["read"] = async (tensor, options) =>
    (await ask(options?.signal, "read", tensor)) as Uint8Array;
  return {
    name,
    tensors,
    metadata,
    read,
    async readFloat32(tensor, options) {
      const { dtype, quantized } = requireTensor({ name, tensors }, tensor);
      if (quantized) return (await ask(options?.signal, "readFloat32", tensor)) as Float32Array;
      return toFloat32(await read(tensor, options), dtype, { file: name, tensor });
    },
    readRowsFloat32: async (tensor, rows, options) =>
      (await ask(options?.signal, "readRowsFloat32", tensor, Array.from(rows))) as Float32Array,
    readQuantized: async (tensor, storage, options) =>
      packable(
        (await ask(options?.signal, "readQuantized", tensor, storage)) as QuantizedMatrix,
        storage,
      ),
    async close() {},
  };
}
