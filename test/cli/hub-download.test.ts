import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resolveModel } from "../../cli/dist/hub/resolve-model.js";
import { gitBlob, sha256 } from "./hub/fake-hub.ts";
import {
  blob,
  config,
  failure,
  files,
  home,
  hub,
  model,
  partials,
  refused,
  storage,
  weights,
} from "./hub/hub-setup.ts";

describe("an interrupted download", () => {
  it("goes on within the call", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.cuts = [100_000, 50_000];
    const folder = await resolveModel(model);
    expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
    expect(hub.fetches("model.safetensors").map(({ range }) => range)).toEqual([
      undefined,
      "bytes=100000-",
      "bytes=150000-",
    ]);
  });

  it("fails without a file under the final name, and goes on in the next call", async () => {
    const commit = hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.cuts = [100_000, 0, 0, 0];
    await refused(resolveModel(model), "network", process.env.HF_ENDPOINT!);
    expect(partials().map((path) => lstatSync(path).size)).toEqual([100_000]);
    expect([existsSync(blob(weights)), existsSync(join(storage, "refs/main"))]).toEqual([
      false,
      false,
    ]);
    expect(readdirSync(join(storage, "snapshots", commit))).toEqual(["config.json"]);

    const loaded: number[] = [];
    const folder = await resolveModel(model, {
      onProgress: (progress) => void loaded.push(progress.loaded),
    });
    expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
    expect(hub.fetches("model.safetensors").at(-1)!.range).toBe("bytes=100000-");
    expect([loaded[0]! > 100_000, partials()]).toEqual([true, []]);
  });

  it.each([
    ["of wrong bytes", Buffer.alloc(1000), ["bytes=1000-", undefined]],
    ["as long as the file", Buffer.alloc(300_000), [undefined]],
    ["longer than the file", Buffer.alloc(300_001), [undefined]],
  ])("starts again from a leftover %s", async (_, leftover, ranges) => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.cuts = [100_000, 0, 0, 0];
    await refused(resolveModel(model), "network");
    writeFileSync(partials()[0]!, leftover);
    hub.seen.length = 0;
    const folder = await resolveModel(model);
    expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
    expect(hub.fetches("model.safetensors").map(({ range }) => range)).toEqual(ranges);
  });

  it("goes on after an answer that is complete but short", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.tamper = (name, bytes) =>
      hub.fetches(name).length === 1 ? bytes.subarray(0, bytes.length / 2) : bytes;
    expect(readFileSync(join(await resolveModel(model), "model.safetensors")).equals(weights)).toBe(
      true,
    );
    expect(hub.fetches("model.safetensors").map(({ range }) => range)).toEqual([
      undefined,
      "bytes=150000-",
    ]);
  });

  it("starts again where the server ignores ranges", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.ignoresRanges = true;
    hub.cuts = [100_000];
    expect(readFileSync(join(await resolveModel(model), "model.safetensors")).equals(weights)).toBe(
      true,
    );
  });

  it("stops when aborted and keeps what has arrived", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.cuts = [100_000];
    const controller = new AbortController();
    const reason = new Error("enough");
    const run = resolveModel(model, {
      signal: controller.signal,
      onProgress: ({ loaded }) => void (loaded === 100_000 && controller.abort(reason)),
    });
    expect(await failure(run)).toBe(reason);
    expect([lstatSync(partials()[0]!).size, existsSync(blob(weights))]).toEqual([100_000, false]);
    expect(await failure(resolveModel(home, { signal: controller.signal }))).toBe(reason);
  });

  it("is shared by two calls at once", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.cuts = [100_000, 200_000];
    const folders = await Promise.all([resolveModel(model), resolveModel(model)]);
    expect(folders[0]).toBe(folders[1]);
    expect(readFileSync(join(folders[0]!, "model.safetensors")).equals(weights)).toBe(true);
  });
});

describe("bytes that do not match", () => {
  const flip = (bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from([bytes[0]! ^ 1]), bytes.subarray(1)]);
  it.each([
    ["a wrong sha256", "model.safetensors", flip, `expected sha256 ${sha256(weights)}`],
    ["a wrong git blob", "config.json", flip, `expected git blob ${gitBlob(config)}`],
    [
      "too many bytes",
      "model.safetensors",
      (bytes: Buffer) => Buffer.concat([bytes, bytes]),
      "more than the 300000 bytes",
    ],
  ])("are refused for %s", async (_, damaged, damage, message) => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.tamper = (name, bytes) => (name === damaged ? damage(bytes) : bytes);
    await refused(resolveModel(model), "corrupt", message);
    expect(readdirSync(join(storage, "blobs"))).not.toContain(
      damaged === "config.json" ? gitBlob(config) : sha256(weights),
    );

    hub.tamper = (_, bytes) => bytes;
    expect(readFileSync(join(await resolveModel(model), "model.safetensors")).equals(weights)).toBe(
      true,
    );
  });

  it("are fetched again where the cache's size is wrong", async () => {
    hub.publish("main", files);
    const folder = await resolveModel(model);
    writeFileSync(blob(weights), "cut");
    expect(await resolveModel(model)).toBe(folder);
    expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
  });
});
