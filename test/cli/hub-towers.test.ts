/** Models of open_clip, and towers of larger models, that lie on the Hub. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  bufferSource,
  openSafetensors,
  writeSafetensors,
  type TensorToWrite,
} from "@sigil/runtime";
import { expect, it } from "vitest";
import { openRemote } from "../../cli/dist/hub/remote-weights.js";
import { resolveModel } from "../../cli/dist/hub/resolve-model.js";
import { openModel } from "../../cli/dist/session.js";
import { towerTensors } from "../../cli/dist/tower-tensors.js";
import { wildFolder } from "../support/wild-cases.ts";
import { hub, model, weights } from "./hub/hub-setup.ts";

const fileOf = (name: string, file: string): Buffer => readFileSync(join(wildFolder(name), file));
const openClip = {
  "open_clip_config.json": fileOf("openclip-siglip", "open_clip_config.json"),
  "open_clip_model.safetensors": fileOf("openclip-siglip", "open_clip_model.safetensors"),
};

it("a model of open_clip comes with its own weights alone", async () => {
  hub.publish("main", { ...openClip, "model.safetensors": weights });
  expect(readdirSync(await resolveModel(model)).sort()).toEqual(Object.keys(openClip));
  const config = Buffer.from('{"model_type":"siglip","auto_map":{"AutoModel":"x.Y"}}');
  hub.publish("main", { ...openClip, "config.json": config, "model.safetensors": weights });
  expect(readdirSync(await resolveModel(model)).sort()).toEqual([
    "config.json",
    ...Object.keys(openClip),
  ]);
  expect(hub.fetches("model.safetensors")).toEqual([]);
});

it("a model of transformers comes without those of open_clip", async () => {
  const config = Buffer.from('{"model_type":"siglip"}');
  hub.publish("main", { ...openClip, "config.json": config, "model.safetensors": weights });
  expect(readdirSync(await resolveModel(model)).sort()).toEqual([
    "config.json",
    "model.safetensors",
    "open_clip_config.json",
  ]);
});

/** A tower in the second of two shards, each with a megabyte of other tensors. */
async function publishShards(): Promise<void> {
  const stored = fileOf("llava-onevision", "model.safetensors");
  const source = await openSafetensors(bufferSource(stored, "model.safetensors"));
  const tower: [string, TensorToWrite][] = [];
  for (const [name, info] of source.tensors)
    if (name.startsWith("vision_tower."))
      tower.push([name, { ...info, data: await source.read(name) }]);
  const other = { dtype: "F32", shape: [1 << 18], data: new Float32Array(1 << 18) } as const;
  const shards = {
    "a.safetensors": new Map<string, TensorToWrite>([["language_model.a", other]]),
    "b.safetensors": new Map<string, TensorToWrite>([...tower, ["language_model.b", other]]),
  };
  const map = Object.entries(shards).flatMap(([file, tensors]) =>
    [...tensors.keys()].map((name) => [name, file]),
  );
  hub.publish("main", {
    "config.json": fileOf("llava-onevision", "config.json"),
    "model.safetensors.index.json": Buffer.from(
      JSON.stringify({ weight_map: Object.fromEntries(map) }),
    ),
    ...Object.fromEntries(
      Object.entries(shards).map(([file, tensors]) => [
        file,
        Buffer.from(writeSafetensors(tensors)),
      ]),
    ),
  });
}

it("of a larger model only the ranges of its tower are fetched", async () => {
  hub.token = "secret";
  process.env.HF_TOKEN = "secret";
  await publishShards();
  const opened = await openModel(model, { tower: "vision" });
  expect([opened.session.plan.kind, opened.session.plan.ignoreOtherWeights]).toEqual([
    "siglip-vision",
    true,
  ]);
  await opened.close();
  expect(hub.fetches("a.safetensors")).toEqual([]);
  const ranges = hub.fetches("b.safetensors").map(({ range }) => {
    const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "")!;
    return Number(end) + 1 - Number(begin);
  });
  // The header comes with the first 128 KiB; the tower has 115 kB, the file more than a megabyte.
  expect(ranges.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(300_000);
  // Where the bytes lie, nobody is told the token.
  expect(hub.fetches("b.safetensors").every(({ authorization }) => !authorization)).toBe(true);
});

it("what the cache has whole is read from there", async () => {
  await publishShards();
  const folder = await resolveModel(model);
  const before = hub.seen.length;
  expect(await openRemote(model, towerTensors)).toEqual({ folder, weights: undefined });
  expect(hub.seen.slice(before).some(({ path }) => path.endsWith(".safetensors"))).toBe(false);
  await hub.stop();
  expect((await openRemote(model, towerTensors)).folder).toBe(folder);
});
