import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scanCacheDir } from "@huggingface/hub";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { resolveModel } from "../../cli/dist/hub/resolve-model.js";
import { FakeHub, gitBlob, sha256 } from "./hub/fake-hub.ts";

const model = "org/tiny";
const weights = randomBytes(300_000);
const config = Buffer.from('{"model_type":"siglip"}');
const files = { "config.json": config, "spiece.model": randomBytes(5000), "model.safetensors": weights, "README.md": Buffer.from("unwanted"), "special_tokens_map.json": Buffer.alloc(0) };

let hub: FakeHub;
let home: string;
let storage: string;
const blob = (bytes: Buffer, suffix = "") => join(storage, "blobs", `${sha256(bytes)}${suffix}`);

beforeEach(async () => {
  hub = new FakeHub(model);
  home = mkdtempSync(join(tmpdir(), "sigil-hub-"));
  storage = join(home, "hub", "models--org--tiny");
  for (const name of ["HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE"]) vi.stubEnv(name, undefined);
  vi.stubEnv("HF_HOME", home);
  vi.stubEnv("HF_ENDPOINT", await hub.start());
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.stop();
  rmSync(home, { recursive: true, force: true });
});

const failure = (run: Promise<unknown>): Promise<{ name: string; kind: string; message: string }> =>
  run.then(
    () => expect.fail("expected a HubError"),
    (error) => error,
  );

describe("a model of the Hub", () => {
  it("comes into the cache's standard layout, wanted files alone", async () => {
    const commit = hub.publish("main", files);
    const progress: string[] = [];
    const folder = await resolveModel(model, { onProgress: ({ file, loaded, total }) => void (loaded === total && progress.push(`${file} ${total}`)) });
    expect(folder).toBe(join(storage, "snapshots", commit));
    expect(readdirSync(folder).sort()).toEqual(["config.json", "model.safetensors", "special_tokens_map.json", "spiece.model"]);
    for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name)).equals(files[name as keyof typeof files])).toBe(true);
    expect(readlinkSync(join(folder, "model.safetensors"))).toBe(`../../blobs/${sha256(weights)}`);
    expect(readlinkSync(join(folder, "config.json"))).toBe(`../../blobs/${gitBlob(config)}`);
    expect(progress).toEqual(["config.json 23", "spiece.model 5000", "model.safetensors 300000"]);
    expect(readdirSync(storage).sort()).toEqual(["blobs", "refs", "snapshots"]);
    const { repos, warnings } = await scanCacheDir(join(home, "hub"));
    expect([warnings, repos[0]!.id.name, repos[0]!.filesCount, repos[0]!.revisions[0]!.refs]).toEqual([[], model, 4, ["main"]]);
  });

  it("is fetched once, and a new commit fetches only what changed", async () => {
    hub.publish("main", files);
    const first = await resolveModel(model);
    const progress: string[] = [];
    expect(await resolveModel(model, { onProgress: ({ file }) => void progress.push(file) })).toBe(first);
    const changed = Buffer.from('{"model_type":"siglip2"}');
    hub.publish("main", { ...files, "config.json": changed });
    const second = await resolveModel(model);
    expect(second).not.toBe(first);
    expect(readFileSync(join(second, "config.json")).equals(changed)).toBe(true);
    expect(readFileSync(join(second, "model.safetensors")).equals(weights)).toBe(true);
    expect([progress, hub.fetches("config.json").length, hub.fetches("model.safetensors").length]).toEqual([[], 2, 1]);
  });

  it("comes at the revision that is asked for", async () => {
    hub.publish("main", files);
    const old = hub.publish("refs/pr/1", { "config.json": Buffer.from("{}") });
    expect(await resolveModel(`${model}@refs/pr/1`)).toBe(join(storage, "snapshots", old));
    expect(readFileSync(join(storage, "refs/refs/pr/1"), "utf8")).toBe(old);
    expect(await resolveModel(`${model}@${old}`)).toBe(join(storage, "snapshots", old));
    expect(existsSync(join(storage, "refs", old))).toBe(false);
    expect(await failure(resolveModel(`${model}@v9`))).toMatchObject({ kind: "not-found", message: expect.stringContaining('no revision "v9"') });
  });

  it("comes with the shards of its index", async () => {
    const index = Buffer.from(JSON.stringify({ weight_map: { a: "model-1.safetensors", b: "model-2.safetensors", c: "model-1.safetensors" } }));
    const shards = { "model-1.safetensors": randomBytes(1000), "model-2.safetensors": randomBytes(2000) };
    hub.publish("main", { "config.json": config, "model.safetensors.index.json": index, ...shards });
    const folder = await resolveModel(model);
    expect(readdirSync(folder).sort()).toEqual(["config.json", "model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json"]);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(await resolveModel(model)).toBe(folder);
    rmSync(join(folder, "model-2.safetensors"));
    expect(await failure(resolveModel(model))).toMatchObject({ kind: "offline", message: expect.stringMatching(/lacks model-2\.safetensors of org\/tiny@main/) });

    vi.stubEnv("HF_HUB_OFFLINE", "");
    hub.publish("main", { "config.json": config, "model.safetensors.index.json": index, "model-1.safetensors": shards["model-1.safetensors"] });
    expect(await failure(resolveModel(model))).toMatchObject({ kind: "not-found", message: expect.stringContaining("has no model-2.safetensors") });
    hub.publish("main", { "config.json": config, "model.safetensors.index.json": Buffer.from('{"weight_map":{"a":"../../escape"}}') });
    expect(await failure(resolveModel(model))).toMatchObject({ kind: "corrupt", message: expect.stringContaining('"../../escape"') });
  });

  it("comes without an index where single weights exist, and in part where files are named", async () => {
    hub.publish("main", { ...files, "model.safetensors.index.json": Buffer.from("{}") });
    expect(readdirSync(await resolveModel(model, { files: ["config.json"] }))).toEqual(["config.json"]);
    expect(readdirSync(await resolveModel(model))).not.toContain("model.safetensors.index.json");
  });
});

describe("an interrupted download", () => {
  it("goes on within the call", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.cuts = [100_000, 50_000];
    const folder = await resolveModel(model);
    expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
    expect(hub.fetches("model.safetensors").map(({ range }) => range)).toEqual([undefined, "bytes=100000-", "bytes=150000-"]);
  });

  it("fails without a file under the final name, and goes on in the next call", async () => {
    const commit = hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.cuts = [100_000, 0, 0, 0];
    expect(await failure(resolveModel(model))).toMatchObject({ kind: "network", message: expect.stringContaining(process.env["HF_ENDPOINT"]!) });
    expect(lstatSync(blob(weights, ".incomplete")).size).toBe(100_000);
    expect([existsSync(blob(weights)), existsSync(join(storage, "refs/main"))]).toEqual([false, false]);
    expect(readdirSync(join(storage, "snapshots", commit))).toEqual(["config.json"]);

    const loaded: number[] = [];
    const folder = await resolveModel(model, { onProgress: (progress) => void loaded.push(progress.loaded) });
    expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
    expect(hub.fetches("model.safetensors").at(-1)!.range).toBe("bytes=100000-");
    expect([loaded[0]! > 100_000, existsSync(blob(weights, ".incomplete"))]).toEqual([true, false]);
  });

  it.each([
    ["of wrong bytes", Buffer.alloc(1000), [ "bytes=1000-", undefined]],
    ["as long as the file", Buffer.alloc(300_000), [undefined]],
    ["longer than the file", Buffer.alloc(300_001), [undefined]],
  ])("starts again from a leftover %s", async (_, leftover, ranges) => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    mkdirSync(join(storage, "blobs"), { recursive: true });
    writeFileSync(blob(weights, ".incomplete"), leftover);
    const folder = await resolveModel(model);
    expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
    expect(hub.fetches("model.safetensors").map(({ range }) => range)).toEqual(ranges);
  });

  it("starts again where the server ignores ranges", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.ignoresRanges = true;
    hub.cuts = [100_000];
    expect(readFileSync(join(await resolveModel(model), "model.safetensors")).equals(weights)).toBe(true);
  });

  it("stops when aborted and keeps what has arrived", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.cuts = [100_000];
    const controller = new AbortController();
    const reason = new Error("enough");
    const run = resolveModel(model, { signal: controller.signal, onProgress: ({ loaded }) => void (loaded === 100_000 && controller.abort(reason)) });
    expect(await failure(run)).toBe(reason);
    expect([lstatSync(blob(weights, ".incomplete")).size, existsSync(blob(weights))]).toEqual([100_000, false]);
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
  const flip = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([bytes[0]! ^ 1]), bytes.subarray(1)]);
  it.each([
    ["a wrong sha256", "model.safetensors", flip, `expected sha256 ${sha256(weights)}`],
    ["a wrong git blob", "config.json", flip, `expected git blob ${gitBlob(config)}`],
    ["too many bytes", "model.safetensors", (bytes: Buffer) => Buffer.concat([bytes, bytes]), "more than the 300000 bytes"],
  ])("are refused for %s", async (_, damaged, damage, message) => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.tamper = (name, bytes) => (name === damaged ? damage(bytes) : bytes);
    expect(await failure(resolveModel(model))).toMatchObject({ name: "HubError", kind: "corrupt", message: expect.stringContaining(message) });
    expect(readdirSync(join(storage, "blobs"))).not.toContain(damaged === "config.json" ? gitBlob(config) : sha256(weights));

    hub.tamper = (_, bytes) => bytes;
    expect(readFileSync(join(await resolveModel(model), "model.safetensors")).equals(weights)).toBe(true);
  });

  it("are fetched again where the cache's size is wrong", async () => {
    hub.publish("main", files);
    const folder = await resolveModel(model);
    writeFileSync(blob(weights), "cut");
    expect(await resolveModel(model)).toBe(folder);
    expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
  });
});

describe("access", () => {
  beforeEach(() => {
    hub.publish("main", files);
    hub.token = "secret";
  });

  it("takes the token from HF_TOKEN, HF_TOKEN_PATH or HF_HOME/token, and sends it to the endpoint alone", async () => {
    expect((await failure(resolveModel(model))).kind).toBe("access");
    writeFileSync(join(home, "token"), "secret\n");
    await resolveModel(model, { files: ["config.json"] });
    vi.stubEnv("HF_TOKEN_PATH", join(home, "elsewhere"));
    expect((await failure(resolveModel(model))).kind).toBe("access");
    writeFileSync(join(home, "elsewhere"), "secret");
    await resolveModel(model, { files: ["config.json"] });
    rmSync(join(home, "elsewhere"));
    vi.stubEnv("HF_TOKEN", "secret");
    hub.seen.length = 0;
    await resolveModel(model);
    const [cdn, own] = [hub.seen.filter(({ host }) => host.startsWith("localhost")), hub.seen.filter(({ host }) => !host.startsWith("localhost"))];
    expect(new Set(cdn.map(({ authorization }) => authorization))).toEqual(new Set([undefined]));
    expect(new Set(own.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer secret"]));
  });

  it("says what to do where it is refused", async () => {
    expect(await failure(resolveModel(model))).toMatchObject({ kind: "access", message: expect.stringMatching(/org\/tiny.*\(401\).*check the id.*set HF_TOKEN/) });
    hub.gated = true;
    vi.stubEnv("HF_TOKEN", "other");
    expect(await failure(resolveModel(model))).toMatchObject({ kind: "access", message: expect.stringMatching(/gated \(403\).*terms at http.*\/org\/tiny.*HF_TOKEN/) });
  });
});

describe("what cannot be had", () => {
  it("names a model that does not exist, and one without config.json", async () => {
    expect(await failure(resolveModel("org/none"))).toMatchObject({ name: "HubError", kind: "not-found", message: expect.stringMatching(/no model org\/none.*check the id/) });
    hub.publish("main", { "model.safetensors": weights });
    expect(await failure(resolveModel(model))).toMatchObject({ kind: "not-found", message: expect.stringContaining("has no config.json") });
  });

  it("names the endpoint that does not answer", async () => {
    await hub.stop();
    expect(await failure(resolveModel(model))).toMatchObject({ kind: "network", message: expect.stringContaining(`${process.env["HF_ENDPOINT"]}: connect ECONNREFUSED`) });
    vi.stubEnv("HF_ENDPOINT", "no-scheme");
    expect(await failure(resolveModel(model))).toMatchObject({ kind: "network", message: expect.stringContaining("no-scheme") });
  });

  it.each(["./missing", "/missing/folder", "tiny", "a/b/c", "org/..", "org/tiny@", "org/tiny@../x", "org/tiny@a/../../b", ""])('refuses "%s" as an id', async (id) => {
    expect(await failure(resolveModel(id))).toMatchObject({ kind: "invalid", message: expect.stringContaining(`"${id}" is neither a checkpoint folder nor a Hub id`) });
    expect(hub.seen).toEqual([]);
  });
});

describe("without the Hub", () => {
  it("a local folder is returned as it is, and a file is refused", async () => {
    expect(await resolveModel(home)).toBe(home);
    writeFileSync(join(home, "config.json"), config);
    expect((await failure(resolveModel(join(home, "config.json")))).kind).toBe("invalid");
    expect(hub.seen).toEqual([]);
  });

  it("offline mode takes the cache alone and names what it lacks", async () => {
    const commit = hub.publish("main", files);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(await failure(resolveModel(model))).toMatchObject({ kind: "offline", message: expect.stringMatching(/org\/tiny@main is not in the cache.*HF_HUB_OFFLINE/) });
    expect(hub.seen).toEqual([]);

    vi.stubEnv("HF_HUB_OFFLINE", "0");
    const cache = join(home, "other-cache");
    vi.stubEnv("HF_HUB_CACHE", cache);
    const folder = await resolveModel(model);
    expect(folder.startsWith(cache)).toBe(true);
    vi.stubEnv("HF_HUB_OFFLINE", "true");
    hub.seen.length = 0;
    expect([await resolveModel(model), await resolveModel(`${model}@${commit}`)]).toEqual([folder, folder]);
    rmSync(join(folder, "config.json"));
    rmSync(join(folder, "model.safetensors"));
    expect(await failure(resolveModel(model))).toMatchObject({ kind: "offline", message: expect.stringMatching(/lacks config\.json, model\.safetensors of org\/tiny@main/) });
    expect(hub.seen).toEqual([]);
  });
});
