/** The header of a safetensors file, and the index of a sharded checkpoint. */
import { bufferSource, openSafetensors, openShardedSafetensors } from "@sigil/runtime";
import { WrongSuccess } from "../judge.ts";
import { mutateBytes } from "../mutate-bytes.ts";
import { mutateJson } from "../mutate-json.ts";
import type { Target } from "../target.ts";
import { jsonTarget } from "./json-target.ts";

const dataBytes = 64;
const header = {
  __metadata__: { format: "pt" },
  logit_scale: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
  "a.weight": { dtype: "F16", shape: [2, 3], data_offsets: [4, 16] },
  "a.bias": { dtype: "I64", shape: [], data_offsets: [16, 24] },
  empty: { dtype: "BF16", shape: [0, 5], data_offsets: [24, 24] },
  b: { dtype: "U8", shape: [40], data_offsets: [24, dataBytes] },
};

const withLength = (json: Uint8Array): Uint8Array => {
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
};

export const safetensors: Target = {
  name: "safetensors",
  about: "a safetensors file through openSafetensors",
  goal: 1e7,
  open: async () => ({
    draw(random) {
      const file = withLength(mutateJson(random, header, [header]));
      return random.chance(0.1) ? mutateBytes(random, file, [file]) : file;
    },
    async run(input) {
      const source = await openSafetensors(bufferSource(input));
      const sizes = [...source.tensors.values()].map(({ shape }) => shape);
      if (
        sizes.flat().some((size) => !Number.isSafeInteger(size) || size < 0 || Object.is(size, -0))
      )
        throw new WrongSuccess("a size that is no count");
      await source.close();
    },
  }),
};

export const shards = jsonTarget({
  name: "shards",
  about: "model.safetensors.index.json through openShardedSafetensors",
  goal: 1e7,
  open: async () => {
    const shard = (name: string): Uint8Array => {
      const parts: Uint8Array[] = [];
      const json = new TextEncoder().encode(
        JSON.stringify({ [name]: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }),
      );
      const length = new Uint8Array(8);
      new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
      parts.push(length, json, new Uint8Array(4));
      return Buffer.concat(parts);
    };
    const files = new Map([
      ["one.safetensors", shard("a")],
      ["two.safetensors", shard("b")],
    ]);
    const index = {
      metadata: { total_size: 8 },
      weight_map: { a: "one.safetensors", b: "two.safetensors" },
    };
    return {
      seeds: [index],
      async use(text) {
        let parsed: typeof index;
        try {
          parsed = JSON.parse(text) as typeof index;
        } catch {
          return;
        }
        const source = await openShardedSafetensors(parsed, (file) => {
          if (file.startsWith("/") || file.split(/[\\/]/).includes("..") || file.includes("\0"))
            throw new WrongSuccess(`asked for ${JSON.stringify(file)}`);
          return bufferSource(files.get(file) ?? new Uint8Array(), file);
        });
        await source.close();
      },
    };
  },
});
