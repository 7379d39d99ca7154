/** Shards by a queue: workers are killed at random, and every row is there exactly once. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { enqueueShards, planShards, runShards, serveBoard, startWorker } from "@sigil/bulk";
import { afterAll, describe, expect, it } from "vitest";
import { hasRedis, needsRedis, startRedis } from "../support/redis.ts";
import { stopProgram } from "../support/stop-program.ts";
import { CountedEmbedder } from "./counted-embedder.ts";
import { readShards } from "./read-shards.ts";

const top = mkdtempSync(join(tmpdir(), "sigil-queue-"));
afterAll(() => rmSync(top, { recursive: true }));

const names = Array.from({ length: 4000 }, (_, i) => (i % 500 === 99 ? `bad-${i}` : `name-${i}`));
const shardsIn = (out: string) =>
  planShards(
    {
      kind: "image",
      model: "m",
      normalize: false,
      out: join(top, out),
      format: "parquet",
      shardSize: 100,
    },
    { names },
  );

describe.skipIf(!hasRedis)(`a queue ${needsRedis}`, () => {
  it("survives workers that are killed", { timeout: 120_000 }, async () => {
    const redis = await startRedis();
    const workers = new Set<ChildProcess>();
    const start = (): void => {
      const worker = spawn(process.execPath, [join(import.meta.dirname, "worker.mjs"), redis.url], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      workers.add(worker);
    };
    try {
      for (let i = 0; i < 3; i++) start();
      let done = false;
      const enqueued = enqueueShards(shardsIn("queue"), redis.url).finally(() => (done = true));
      let kills = 0;
      while (!done) {
        await pause(700);
        // Once they compute, so that shards are cut off.
        if (kills < 6 && readdirSync(join(top, "queue")).length > 2 + 4 * kills) {
          const [oldest] = workers;
          oldest?.kill("SIGKILL");
          workers.delete(oldest!);
          start();
          kills++;
        }
      }
      const result = await enqueued;
      expect(kills).toBeGreaterThan(2);
      expect(result).toMatchObject({ shards: 40, found: 0 });
      await runShards(shardsIn("alone"), async () => new CountedEmbedder());
      expect(await readShards(join(top, "queue"))).toEqual(await readShards(join(top, "alone")));
      const files = (folder: string): string[] =>
        readdirSync(join(top, folder)).filter((name) => !name.endsWith(".part"));
      expect(files("queue")).toEqual(files("alone"));
    } finally {
      await Promise.all([...workers].map((worker) => stopProgram(worker, "SIGKILL")));
      redis.stop();
    }
  });

  it("tells of shards that fail again and again, and takes them up anew", {
    timeout: 60_000,
  }, async () => {
    const redis = await startRedis();
    const shards = shardsIn("failing").slice(0, 2);
    let broken = true;
    const failures: string[] = [];
    const worker = await startWorker(redis.url, {
      open: async () => {
        if (broken) throw new Error("no such model");
        return new CountedEmbedder();
      },
      onFailure: (shard, { message }) => failures.push(`${shard?.index}: ${message}`),
    });
    await expect(enqueueShards(shards, redis.url)).rejects.toThrow(
      /^2 shards failed:\nshard \d: no such model\nshard \d: no such model$/,
    );
    expect(failures).toHaveLength(10);
    const board = await serveBoard(redis.url, 0);
    const page = (await (await fetch(`${board.address}/api/queues`)).json()) as {
      queues: { name: string; counts: Record<string, number> }[];
    };
    expect(page.queues).toMatchObject([{ name: "sigil-embed", counts: { failed: 2 } }]);
    await board.close();
    broken = false;
    expect(await enqueueShards(shards, redis.url)).toMatchObject({ found: 0, rows: 199 });
    expect(await enqueueShards(shards, redis.url)).toMatchObject({ found: 2, rows: 0 });
    await worker.close();
    redis.stop();
  });

  it("says where no server answers, without the password", async () => {
    await expect(
      enqueueShards(shardsIn("nowhere"), "redis://user:secret@127.0.0.1:1"),
    ).rejects.toMatchObject({
      name: "BulkError",
      code: "queue",
      message: expect.stringMatching(/^redis:\/\/127.0.0.1:1: no Redis or Valkey answers there/),
    });
  });
});
