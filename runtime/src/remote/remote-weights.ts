/** Weights that another thread reads: bytes cross as they are stored, and are converted where they are used. */
import { toFloat32 } from "../weights/dtype.ts";
import { requireTensor, type TensorInfo, type WeightSource } from "../weights/weight-source.ts";
import type { Peer } from "./peer.ts";

/** What can be said of weights in a message. */
export interface WeightsDescription {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The same weights in the thread that uses them. */
export function remoteWeights(peer: Peer, { name, tensors, metadata }: WeightsDescription): WeightSource {
  const read: WeightSource["read"] = async (tensor, options) => {
    options?.signal?.throwIfAborted();
    const bytes = (await peer.call("read", [tensor])) as Uint8Array;
    options?.signal?.throwIfAborted();
    return bytes;
  };
  return {
    name,
    tensors,
    metadata,
    read,
    async readFloat32(tensor, options) {
      const { dtype } = requireTensor({ name, tensors }, tensor);
      return toFloat32(await read(tensor, options), dtype, { file: name, tensor });
    },
    readRowsFloat32: async (tensor, rows) => (await peer.call("readRowsFloat32", [tensor, Array.from(rows)])) as Float32Array,
    async close() {},
  };
}
