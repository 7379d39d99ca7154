import { randomBytes } from "node:crypto";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { scanCacheDir } from "@huggingface/hub";
import { describe, expect, it, vi } from "vitest";
import { resolveModel } from "../../cli/dist/hub/resolve-model.js";
import { type FakeHub, gitBlob, sha256 } from "./hub/fake-hub.ts";
import { config, files, home, hub, model, refused, storage, weights } from "./hub/hub-setup.ts";

describe("a model of the Hub", () => {
  it("comes into the cache's standard layout, wanted files alone", async () => {
    const commit = hub.publish("main", files);
    const progress: string[] = [];
    const folder = await resolveModel(model, {
      onProgress: ({ file, loaded, total }) =>
        void (loaded === total && progress.push(`${file} ${total}`)),
    });
    expect(folder).toBe(join(storage, "snapshots", commit));
    expect(readdirSync(folder).sort()).toEqual([
      "config.json",
      "model.safetensors",
      "special_tokens_map.json",
      "spiece.model",
    ]);
    for (const name of readdirSync(folder))
      expect(readFileSync(join(folder, name)).equals(files[name as keyof typeof files])).toBe(true);
    expect(readlinkSync(join(folder, "model.safetensors"))).toBe(`../../blobs/${sha256(weights)}`);
    expect(readlinkSync(join(folder, "config.json"))).toBe(`../../blobs/${gitBlob(config)}`);
    expect(progress).toEqual(["config.json 23", "spiece.model 5000", "model.safetensors 300000"]);
    expect(readdirSync(storage).sort()).toEqual(["blobs", "refs", "snapshots"]);
    const { repos, warnings } = await scanCacheDir(join(home, "hub"));
    expect([
      warnings,
      repos[0]!.id.name,
      repos[0]!.filesCount,
      repos[0]!.revisions[0]!.refs,
    ]).toEqual([[], model, 4, ["main"]]);
  });

  it("is fetched once, and a new commit fetches only what changed", async () => {
    hub.publish("main", files);
    const first = await resolveModel(model);
    const progress: string[] = [];
    const inodes = () =>
      [join(first, "config.json"), join(storage, "refs/main")].map((path) => lstatSync(path).ino);
    const before = inodes();
    expect(await resolveModel(model, { onProgress: ({ file }) => void progress.push(file) })).toBe(
      first,
    );
    expect(inodes(), "nothing is written anew").toEqual(before);
    const changed = Buffer.from('{"model_type":"siglip2"}');
    hub.publish("main", { ...files, "config.json": changed });
    const second = await resolveModel(model);
    expect(second).not.toBe(first);
    expect(readFileSync(join(second, "config.json")).equals(changed)).toBe(true);
    expect(readFileSync(join(second, "model.safetensors")).equals(weights)).toBe(true);
    expect([
      progress,
      hub.fetches("config.json").length,
      hub.fetches("model.safetensors").length,
    ]).toEqual([[], 2, 1]);
  });

  it("comes at the revision that is asked for", async () => {
    hub.publish("main", files);
    const old = hub.publish("refs/pr/1", { "config.json": Buffer.from("{}") });
    expect(await resolveModel(`${model}@refs/pr/1`)).toBe(join(storage, "snapshots", old));
    expect(readFileSync(join(storage, "refs/refs/pr/1"), "utf8")).toBe(old);
    expect(await resolveModel(`${model}@${old}`)).toBe(join(storage, "snapshots", old));
    expect(existsSync(join(storage, "refs", old))).toBe(false);
    await refused(resolveModel(`${model}@v9`), "not-found", 'no revision "v9"');
  });

  it("comes with the shards of its index", async () => {
    const index = Buffer.from(
      JSON.stringify({
        weight_map: {
          a: "model-1.safetensors",
          b: "model-2.safetensors",
          c: "model-1.safetensors",
        },
      }),
    );
    const shards = {
      "model-1.safetensors": randomBytes(1000),
      "model-2.safetensors": randomBytes(2000),
    };
    hub.publish("main", {
      "config.json": config,
      "model.safetensors.index.json": index,
      ...shards,
    });
    const folder = await resolveModel(model);
    expect(readdirSync(folder).sort()).toEqual([
      "config.json",
      "model-1.safetensors",
      "model-2.safetensors",
      "model.safetensors.index.json",
    ]);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(await resolveModel(model)).toBe(folder);
    rmSync(join(folder, "model-2.safetensors"));
    await refused(resolveModel(model), "offline", /lacks model-2\.safetensors of org\/tiny@main/);

    vi.stubEnv("HF_HUB_OFFLINE", "");
    hub.publish("main", {
      "config.json": config,
      "model.safetensors.index.json": index,
      "model-1.safetensors": shards["model-1.safetensors"],
    });
    await refused(resolveModel(model), "not-found", "has no model-2.safetensors");
    for (const escape of ["x/../../../escape", ".."]) {
      hub.publish("main", {
        "config.json": config,
        "model.safetensors.index.json": Buffer.from(JSON.stringify({ weight_map: { a: escape } })),
      });
      await refused(resolveModel(model), "corrupt", `received "${escape}"`);
    }
  });

  it("comes without an index beside one file of weights, and in part on request", async () => {
    hub.publish("main", { ...files, "model.safetensors.index.json": Buffer.from("{}") });
    expect(readdirSync(await resolveModel(model, { files: ["config.json"] }))).toEqual([
      "config.json",
    ]);
    expect(readdirSync(await resolveModel(model))).not.toContain("model.safetensors.index.json");
  });
});

describe("without the Hub", () => {
  it("a local folder is returned as it is, and a file is refused", async () => {
    expect(await resolveModel(home)).toBe(home);
    writeFileSync(join(home, "config.json"), config);
    await refused(resolveModel(join(home, "config.json")), "invalid", "config.json is a file");
    expect(hub.seen).toEqual([]);
  });

  it("offline mode takes the cache alone and names what it lacks", async () => {
    const commit = hub.publish("main", files);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    await refused(
      resolveModel(model),
      "offline",
      /org\/tiny@main is not in the cache.*HF_HUB_OFFLINE/,
    );
    expect(hub.seen).toEqual([]);

    vi.stubEnv("HF_HUB_OFFLINE", "0");
    const cache = join(home, "other-cache");
    vi.stubEnv("HF_HUB_CACHE", cache);
    const folder = await resolveModel(model);
    expect(folder.startsWith(cache)).toBe(true);
    vi.stubEnv("HF_HUB_OFFLINE", "true");
    hub.seen.length = 0;
    expect([await resolveModel(model), await resolveModel(`${model}@${commit}`)]).toEqual([
      folder,
      folder,
    ]);
    rmSync(join(folder, "config.json"));
    rmSync(join(folder, "model.safetensors"));
    await refused(
      resolveModel(model),
      "offline",
      /lacks config\.json, model\.safetensors of org\/tiny@main/,
    );
    expect(hub.seen).toEqual([]);
  });

  it("TRANSFORMERS_OFFLINE forbids the network as HF_HUB_OFFLINE does", async () => {
    hub.publish("main", files);
    vi.stubEnv("TRANSFORMERS_OFFLINE", "1");
    await refused(resolveModel(model), "offline", "and TRANSFORMERS_OFFLINE forbids fetching it");
    expect(hub.seen).toEqual([]);
  });

  it.each([
    ["cannot be reached", () => hub.stop(), /no connection to the Hub at .*ECONNREFUSED/],
    ["is out of order", () => (hub.intercept = unavailable), /answered with 503/],
    ["is not the Hub", () => (hub.intercept = hotel), /answered with something that is not JSON/],
  ])(
    "a model of the cache is used where the Hub %s, with a word on it",
    async (_, fail, reason) => {
      hub.publish("main", files);
      const folder = await resolveModel(model);
      await fail();
      hub.seen.length = 0;
      const notices: string[] = [];
      expect(await resolveModel(model, { onNotice: (notice) => notices.push(notice) })).toBe(
        folder,
      );
      expect(notices).toEqual([expect.stringMatching(reason)]);
      expect(notices[0]).toContain(`using what the cache has of ${model}: ${folder}`);
      expect(hub.seen.length).toBeLessThan(2);
      await refused(resolveModel("org/other"), "network", reason);
    },
  );

  it("a model of the cache is not used where access is refused", async () => {
    hub.publish("main", files);
    await resolveModel(model);
    hub.token = "secret";
    await refused(resolveModel(model), "access");
  });
});

const unavailable: FakeHub["intercept"] = (_, response) => {
  response.writeHead(503).end();
  return true;
};
/** The page of a network that wants a login first. */
const hotel: FakeHub["intercept"] = (_, response) => {
  response.end("<html>Welcome</html>");
  return true;
};
