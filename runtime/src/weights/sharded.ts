import { entryOf, shown } from "@sigil/spec/shared";
import type { ByteSource } from "./byte-source.ts";
import { WeightsError } from "./error.ts";
import { openSafetensors } from "./safetensors.ts";
import { requireTensor, type TensorInfo, type WeightSource } from "./weight-source.ts";

type Shard = Awaited<ReturnType<typeof openSafetensors>>;

/** `model.safetensors.index.json`: which shard holds each tensor. */
export interface ShardIndex {
  readonly metadata?: unknown;
  readonly weight_map: Readonly<Record<string, string>>;
}

/**
 * Whether an index may use this name for a shard: on every system it must be a path inside the
 * folder.
 */
export const isShardName = (value: unknown): value is string =>
  typeof value === "string" &&
  /^[^\p{Cc}\\:]{1,255}$/u.test(value) &&
  value.split("/").every((part) => part !== "" && part !== "." && part !== "..");

/**
 * Opens a sharded checkpoint. `resolve` returns the byte source for a shard's file name. All
 * headers are checked. With `wanted`, other tensors are left out, and shards without wanted tensors
 * are not opened.
 */
export async function openShardedSafetensors(
  index: ShardIndex,
  resolve: (file: string) => ByteSource | Promise<ByteSource>,
  name = "model.safetensors.index.json",
  wanted?: (tensor: string, all: readonly string[]) => boolean,
): Promise<WeightSource> {
  const map: unknown = (index as ShardIndex | null)?.weight_map;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw new WeightsError("has no weight_map", {
      file: name,
      expected: "an object of tensor name to file name",
    });
  }
  const all = Object.keys(map);
  const entries = Object.entries(map as Record<string, unknown>).filter(
    ([tensor]) => !wanted || wanted(tensor, all),
  );
  for (const [tensor, file] of entries) {
    if (!isShardName(file)) {
      throw new WeightsError("names a bad shard", {
        file: name,
        tensor,
        expected: "a relative file name",
        received: shown(file),
      });
    }
  }
  const shards = new Map<string, Shard>();
  const closeAll = async () =>
    void (await Promise.all([...shards.values()].map((shard) => shard.close())));
  const owner = new Map<string, Shard>();
  const tensors = new Map<string, TensorInfo>();
  let metadata: Readonly<Record<string, string>> = {};
  try {
    for (const file of new Set(entries.map(([, shard]) => shard as string))) {
      const bytes = await resolve(file);
      const shard = await openSafetensors(bytes).catch(async (error) => {
        await bytes.close?.();
        throw error;
      });
      shards.set(file, shard);
      // Not Object.assign, to which a key __proto__ is no key.
      metadata = { ...metadata, ...shard.metadata };
    }
    for (const [tensor, file] of entries) {
      const shard = entryOf(shards, file as string, "shard");
      tensors.set(tensor, requireTensor(shard, tensor));
      owner.set(tensor, shard);
    }
  } catch (error) {
    await closeAll();
    throw error;
  }
  const shardOf = (tensor: string) => requireTensor({ name, tensors: owner }, tensor);
  return {
    name,
    tensors,
    metadata,
    read: async (tensor, options) => shardOf(tensor).read(tensor, options),
    locate: (tensor) => shardOf(tensor).locate?.(tensor),
    readFloat32: async (tensor, options) => shardOf(tensor).readFloat32(tensor, options),
    readRows: async (tensor, rows, options) => shardOf(tensor).readRows(tensor, rows, options),
    readRowsFloat32: async (tensor, rows, options) =>
      shardOf(tensor).readRowsFloat32(tensor, rows, options),
    async verify(sha256, options) {
      for (const shard of shards.values()) await shard.verify(sha256, options);
    },
    close: closeAll,
  };
}
