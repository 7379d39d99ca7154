/**
 * Writes the tensors of a checkpoint, in several files where they are many, and goes on where it
 * was stopped.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { TensorInfo } from "@sigil/runtime";
import { openSafetensorsFile, SafetensorsWriter } from "@sigil/runtime/node";

/** What is written together: a tensor of the model and what stands for it in the file. */
export interface TensorToStore {
  readonly name: string;
  readonly stored: readonly (TensorInfo & { readonly name: string })[];
  readonly data: () => Promise<ReadonlyMap<string, ArrayBufferView>>;
}

/** A file is no longer, in bytes, unless one tensor is. */
const longestShard = 1 << 30;
const bits: Readonly<Record<string, number>> = { I8: 8, U8: 8, F16: 16, I32: 32, F32: 32 };
const bytesOf = ({ stored }: TensorToStore): number =>
  stored.reduce(
    (sum, { dtype, shape }) => sum + (shape.reduce((a, b) => a * b, 1) * bits[dtype]!) / 8,
    0,
  );

/**
 * Writes model.safetensors, or shards and their index. Files that an earlier run with the same
 * `key` finished are kept. Throws WeightsError; what is not finished leaves no file.
 */
export async function writeCheckpoint(
  folder: string,
  tensors: readonly TensorToStore[],
  key: string,
  report: (done: number, total: number) => void,
): Promise<{ readonly files: readonly string[]; readonly index: object | undefined }> {
  const shards: TensorToStore[][] = [[]];
  let filled = 0;
  for (const tensor of tensors) {
    const bytes = bytesOf(tensor);
    if (filled > 0 && filled + bytes > longestShard) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(tensor);
    filled += bytes;
  }
  const number = (i: number): string => String(i).padStart(5, "0");
  const files = shards.map((_, i) =>
    shards.length === 1
      ? "model.safetensors"
      : `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`,
  );
  let done = 0;
  const map: [string, string][] = [];
  for (const [i, shard] of shards.entries()) {
    const file = files[i]!;
    for (const { stored } of shard) for (const { name } of stored) map.push([name, file]);
    if (await isFinished(join(folder, file), shard, key)) done += shard.length;
    else await writeShard(join(folder, file), shard, key, () => report(++done, tensors.length));
    report(done, tensors.length);
  }
  return {
    files,
    index:
      shards.length === 1
        ? undefined
        : {
            metadata: { total_size: tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0) },
            weight_map: Object.fromEntries(map),
          },
  };
}

/** A file appears under its name only when it is complete, so its header tells all. */
async function isFinished(
  path: string,
  shard: readonly TensorToStore[],
  key: string,
): Promise<boolean> {
  if (!(await stat(path).catch(() => undefined))) return false;
  try {
    const source = await openSafetensorsFile(path);
    await source.close();
    return (
      source.metadata.quantized === key &&
      shard.every(({ stored }) => stored.every(({ name }) => source.tensors.has(name)))
    );
  } catch {
    return false;
  }
}

async function writeShard(
  path: string,
  shard: readonly TensorToStore[],
  key: string,
  onTensor: () => void,
): Promise<void> {
  const writer = await SafetensorsWriter.create(
    path,
    shard.flatMap(({ stored }) => stored.map((info) => [info.name, info] as const)),
    { format: "pt", quantized: key },
  );
  try {
    for (const tensor of shard) {
      for (const [name, data] of await tensor.data()) await writer.write(name, data);
      onTensor();
    }
  } catch (error) {
    await writer.abort();
    throw error;
  }
  await writer.finish();
}
