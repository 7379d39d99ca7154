/** Jobs in one process: what they write, how they go on, and what they refuse. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetInputs, planShards, readInputs, runShards, type InputList } from "@sigil/bulk";
import { bufferSource, openSafetensors } from "@sigil/runtime";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, describe, expect, it } from "vitest";
import { CountedEmbedder, rowOf } from "./counted-embedder.ts";
import { readShards } from "./read-shards.ts";

const top = mkdtempSync(join(tmpdir(), "sigil-bulk-"));
afterAll(() => rmSync(top, { recursive: true }));
let folders = 0;
const newFolder = (): string => join(top, `job-${folders++}`);

const names = Array.from({ length: 25 }, (_, i) => (i % 10 === 7 ? `bad-${i}` : `name-${i}`));
const settings = (out: string) => ({
  kind: "image" as const,
  model: "m",
  normalize: false,
  out,
  format: "parquet" as const,
  shardSize: 10,
});
const shardsIn = (out: string, inputs: InputList = { names }) => planShards(settings(out), inputs);
const expected = names
  .filter((name) => !name.startsWith("bad"))
  .map((name) => ({
    id: name,
    embedding: rowOf(name).map(Math.fround),
    model: "counted",
    revision: "1",
  }));

describe("a job", () => {
  it("has a row for every input that can be read, and a list of the others", async () => {
    const out = newFolder();
    const progress: number[] = [];
    const result = await runShards(shardsIn(out), async () => new CountedEmbedder(), {
      onProgress: (done) => progress.push(done),
    });
    expect(result).toMatchObject({ shards: 3, found: 0, rows: 23 });
    expect(await readShards(out)).toEqual(expected);
    expect(readdirSync(out).sort()).toEqual([
      "_job.json",
      "_shard-00000-of-00003.parquet.unreadable.jsonl",
      "_shard-00001-of-00003.parquet.unreadable.jsonl",
      "shard-00000-of-00003.parquet",
      "shard-00001-of-00003.parquet",
      "shard-00002-of-00003.parquet",
    ]);
    expect(readFileSync(join(out, "_shard-00001-of-00003.parquet.unreadable.jsonl"), "utf8")).toBe(
      '{"id":"bad-17","problem":"is bad"}\n',
    );
    expect(progress.at(-1)).toBe(25);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  it("that was interrupted goes on with what is left", async () => {
    const out = newFolder();
    class Failing extends CountedEmbedder {
      override async *embed(...parameters: Parameters<CountedEmbedder["embed"]>) {
        for await (const rows of super.embed(...parameters)) {
          yield rows;
          if (this.embedded > 12) throw new Error("the machine went away");
        }
      }
    }
    await expect(runShards(shardsIn(out), async () => new Failing())).rejects.toThrow("went away");
    expect(readdirSync(out).filter((name) => /parquet$|part$/.test(name))).toEqual([
      "shard-00000-of-00003.parquet",
    ]);
    const embedder = new CountedEmbedder();
    const result = await runShards(shardsIn(out), async () => embedder);
    expect([result.found, embedder.embedded]).toEqual([1, 14]);
    expect(await readShards(out)).toEqual(expected);
    await expect(runShards(shardsIn(out), () => Promise.reject("opened"))).resolves.toMatchObject({
      found: 3,
    });
  });

  it("in parts makes the same rows", async () => {
    const out = newFolder();
    for (const index of [2, 0, 1])
      await runShards(shardsIn(out), async () => new CountedEmbedder(), { part: { index, of: 3 } });
    expect(await readShards(out)).toEqual(expected);
  });

  it("in safetensors has the ids as metadata", async () => {
    const out = newFolder();
    const shards = planShards(
      { ...settings(out), format: "safetensors", normalize: true },
      { names },
    );
    await runShards(shards, async () => new CountedEmbedder());
    const bytes = readFileSync(join(out, "shard-00002-of-00003.safetensors"));
    const file = await openSafetensors(bufferSource(bytes, "a shard"));
    expect(JSON.parse(file.metadata!.ids!)).toEqual(names.slice(20));
    const rows = await file.readFloat32("embeddings");
    expect(Math.hypot(...rows.subarray(0, 3))).toBeCloseTo(1, 6);
  });

  it("is refused where its folder has another one", async () => {
    const out = newFolder();
    await runShards(shardsIn(out), async () => new CountedEmbedder());
    await expect(
      runShards(shardsIn(out, { names: ["other"] }), async () => new CountedEmbedder()),
    ).rejects.toMatchObject({
      name: "BulkError",
      code: "other-job",
      message: expect.stringMatching(/holds the shards of another job, which has count 25/),
    });
  });
});

describe("inputs in Parquet", () => {
  const file = join(top, "inputs.parquet");
  writeFileSync(
    file,
    Buffer.from(
      parquetWriteBuffer({
        columnData: [
          { name: "key", data: ["a", "b", "c"], type: "STRING" },
          { name: "text", data: ["one", "two", "three"], type: "STRING" },
          {
            name: "picture",
            data: [Uint8Array.of(1, 255), Uint8Array.of(2), Uint8Array.of(3)],
            type: "BYTE_ARRAY",
          },
        ],
      }),
    ),
  );
  it("are the rows of a column, with a column of ids or their numbers", async () => {
    expect(await readInputs(await parquetInputs(file, "text", "key"))).toEqual([
      { id: "a", value: "one" },
      { id: "b", value: "two" },
      { id: "c", value: "three" },
    ]);
    const rows = await parquetInputs(file, "picture");
    expect(await readInputs({ ...rows, begin: 1 })).toEqual([
      { id: "1", value: Uint8Array.of(2) },
      { id: "2", value: Uint8Array.of(3) },
    ]);
  });
  it("say what columns there are, and what is no Parquet", async () => {
    await expect(parquetInputs(file, "image")).rejects.toThrow(
      /has no column image; it has key, text, picture/,
    );
    await expect(parquetInputs(import.meta.filename, "image")).rejects.toThrow(/as Parquet/);
    await expect(parquetInputs("/nowhere.parquet", "image")).rejects.toThrow(/nowhere/);
  });
});
