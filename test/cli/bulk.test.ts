/** `sigil embed` with a folder of shards, and `sigil worker`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readShards } from "../bulk/read-shards.ts";
import { fixtures } from "../support/golden-cases.ts";
import { writeNaflexCheckpoint } from "../support/naflex-checkpoint.ts";
import { hasRedis, needsRedis, startRedis } from "../support/redis.ts";
import { wildFolder } from "../support/wild-cases.ts";
import { runSigil } from "../support/sigil.ts";

const checkpoint = join(fixtures, "checkpoints/siglip-shapes");
const samples = join(checkpoint, "samples");
const command = join(import.meta.dirname, "../../cli/bin/sigil.js");
const top = mkdtempSync(join(tmpdir(), "sigil-bulk-cli-"));
afterAll(() => rmSync(top, { recursive: true }));

const embed = (args: readonly string[], input = "", model = checkpoint) =>
  runSigil(["embed", ...args, "--model", model], { input });
const pictures = readdirSync(samples)
  .sort()
  .map((name) => join(samples, name));

it("shards have the rows that embed prints, without what cannot be read", async () => {
  const out = join(top, "shards");
  const broken = join(top, "broken.png");
  writeFileSync(broken, "no picture");
  const args = [samples, broken, "--format", "parquet", "--shard-size", "3", "--out", out];
  const first = await embed(args);
  expect([first.status, first.stderr]).toEqual([
    1,
    expect.stringMatching(
      /wrote 8 rows; 0 of 3 shards were there before\nerror: 1 of 9 pictures were left out/,
    ),
  ]);
  const printed = (await embed(pictures)).stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { image: string; embedding: number[] });
  const stored = (await readShards(out)).map(({ id: image, embedding }) => ({ image, embedding }));
  expect(stored).toEqual(printed);
  // What is left is nothing.
  const again = await embed(args);
  expect([again.status, again.stderr]).toEqual([
    0,
    `${out}: wrote 0 rows; 3 of 3 shards were there before\n`,
  ]);
  const other = await embed([samples, "--format", "parquet", "--out", out]);
  expect([other.status, other.stderr]).toEqual([1, expect.stringMatching(/of another job/)]);
});

it("models of open_clip and NaFlex take pictures in shards too", async () => {
  const naflex = join(top, "naflex");
  await writeNaflexCheckpoint(naflex);
  const [clear, scene] = ["png-rgba.png", "png-scene-640x480.png"].map((name) =>
    join(fixtures, "images/source", name),
  ) as [string, string];
  for (const [model, files, more] of [
    [wildFolder("openclip-siglip"), [clear, scene], []],
    [naflex, [pictures[0]!, scene], ["--max-num-patches", "12"]],
  ] as const) {
    const out = join(top, `shards of ${basename(model)}`);
    const shards = [...files, ...more, "--format", "parquet", "--out", out];
    expect((await embed(shards, "", model)).status).toBe(0);
    const { stdout } = await embed([...files, ...more], "", model);
    const printed = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { embedding: number[] });
    expect((await readShards(out)).map(({ embedding }) => ({ embedding }))).toEqual(
      printed.map(({ embedding }) => ({ embedding })),
    );
  }
});

it("texts of a list become rows, a part at a time", async () => {
  const out = join(top, "texts");
  for (const shard of ["1/2", "0/2"]) {
    const args = ["--list", "-", "--as-texts", "--shard-size", "1", "--shard", shard, "--out", out];
    expect((await embed(args, "a red circle\n\na blue square\n")).status).toBe(0);
  }
  expect((await readShards(out)).map(({ id }) => id)).toEqual([
    "a red circle",
    "",
    "a blue square",
  ]);
});

it("options that do not go together are refused", async () => {
  for (const [args, message] of [
    [["--format", "parquet", samples], /name it with --out/],
    [
      ["--format", "parquet", "--out", top],
      /expected exactly one of pictures, --list, or --parquet with --column, received none/,
    ],
    [["--parquet", "x.parquet", "--out", top], /name the column/],
    [["--parquet", "x.parquet", "--column", "a", "--out", top], /x\.parquet/],
    [["--shard", "2/2", "--out", top, samples], /expected a part such as 0\/4/],
    [["--shard", "0/2", "--queue", "redis://a", "--out", top, samples], /leave one out/],
  ] as const) {
    const { status, stderr } = await embed(args);
    expect([status === 0, stderr]).toEqual([false, expect.stringMatching(message)]);
  }
});

it.skipIf(!hasRedis)(`a worker computes what is queued ${needsRedis}`, async () => {
  const redis = await startRedis();
  const worker = spawn("node", [command, "worker", "--queue", redis.url], {
    cwd: top,
    stdio: "ignore",
  });
  const out = join(top, "queued");
  const args = [samples, "--shard-size", "3", "--out", out, "--queue", redis.url];
  const { status, stderr } = await embed(args);
  expect([status, stderr]).toEqual([
    0,
    expect.stringMatching(/: wrote 8 rows; 0 of 3 shards were there before\n$/),
  ]);
  expect((await readShards(out)).map(({ id }) => id)).toEqual(pictures);
  worker.kill("SIGTERM");
  expect(await once(worker, "exit")).toEqual([0, null]);
  redis.stop();
});
