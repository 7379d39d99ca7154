/** Writes the embeddings of a shard as the bytes of a file. */
import { parquetWriteBuffer } from "hyparquet-writer";
import { writeSafetensors } from "@sigil/runtime";
import type { Format } from "./job.ts";

export interface Rows {
  readonly ids: readonly string[];
  /** `[rows, width]`, row-major. */
  readonly embeddings: Float32Array;
  readonly width: number;
  readonly model: string;
  /** The commit of the checkpoint, if it is known. */
  readonly revision: string;
}

export const shardFile = (rows: Rows, format: Format): Uint8Array =>
  format === "parquet" ? parquet(rows) : safetensors(rows);

const required = { repetition_type: "REQUIRED" } as const;
const text = { type: "BYTE_ARRAY", converted_type: "UTF8", ...required } as const;

/**
 * Columns `id`, `embedding` (a list of float32, which `datasets` reads as one of fixed length),
 * `model` and `revision`.
 */
function parquet({ ids, embeddings, width, model, revision }: Rows): Uint8Array {
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: "id", data: [...ids] },
      {
        name: "embedding",
        data: ids.map((_, i) => Array.from(embeddings.subarray(i * width, (i + 1) * width))),
      },
      { name: "model", data: ids.map(() => model) },
      { name: "revision", data: ids.map(() => revision) },
    ],
    schema: [
      { name: "root", num_children: 4 },
      { name: "id", ...text },
      { name: "embedding", num_children: 1, converted_type: "LIST", ...required },
      { name: "list", num_children: 1, repetition_type: "REPEATED" },
      { name: "element", type: "FLOAT", ...required },
      { name: "model", ...text },
      { name: "revision", ...text },
    ],
    // Random bits do not compress.
    codec: "UNCOMPRESSED",
    kvMetadata: [
      { key: "huggingface", value: JSON.stringify({ info: { features: features(width) } }) },
    ],
  });
  return new Uint8Array(buffer);
}

const value = (dtype: string): object => ({ dtype, _type: "Value" });

/** What `datasets` reads of a file that it wrote. */
const features = (width: number): object => ({
  id: value("string"),
  embedding: { feature: value("float32"), length: width, _type: "Sequence" },
  model: value("string"),
  revision: value("string"),
});

/** A tensor `embeddings`; ids, model and revision are metadata. */
const safetensors = ({ ids, embeddings, width, model, revision }: Rows): Uint8Array =>
  writeSafetensors(
    { embeddings: { dtype: "F32", shape: [ids.length, width], data: embeddings } },
    { ids: JSON.stringify(ids), model, revision },
  );
