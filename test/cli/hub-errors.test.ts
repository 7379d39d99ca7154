import { rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { resolveModel } from "../../cli/dist/hub/resolve-model.js";
import { config, files, home, hub, model, refused, weights } from "./hub/hub-setup.ts";

describe("access", () => {
  beforeEach(() => {
    hub.publish("main", files);
    hub.token = "secret";
  });

  it(
    "takes the token from HF_TOKEN, HF_TOKEN_PATH or HF_HOME/token, and sends it to the " +
      "endpoint alone",
    async () => {
      await refused(resolveModel(model), "access");
      writeFileSync(join(home, "token"), "secret\n");
      await resolveModel(model, { files: ["config.json"] });
      vi.stubEnv("HF_TOKEN_PATH", join(home, "elsewhere"));
      await refused(resolveModel(model), "access");
      writeFileSync(join(home, "elsewhere"), "secret");
      await resolveModel(model, { files: ["config.json"] });
      rmSync(join(home, "elsewhere"));
      vi.stubEnv("HF_TOKEN", "secret");
      hub.seen.length = 0;
      await resolveModel(model);
      const [cdn, own] = [
        hub.seen.filter(({ host }) => host.startsWith("localhost")),
        hub.seen.filter(({ host }) => !host.startsWith("localhost")),
      ];
      expect(new Set(cdn.map(({ authorization }) => authorization))).toEqual(new Set([undefined]));
      expect(new Set(own.map(({ authorization }) => authorization))).toEqual(
        new Set(["Bearer secret"]),
      );
    },
  );

  it("says what to do where it is refused", async () => {
    await refused(resolveModel(model), "access", /org\/tiny.*\(401\).*check the id.*set HF_TOKEN/);
    hub.gated = true;
    vi.stubEnv("HF_TOKEN", "other");
    await refused(
      resolveModel(model),
      "access",
      /gated \(403\).*terms at http.*\/org\/tiny.*HF_TOKEN/,
    );
  });
});

describe("a model that cannot be had", () => {
  it("is named if it does not exist or has no config.json", async () => {
    await refused(resolveModel("org/none"), "not-found", /no model org\/none.*check the id/);
    hub.publish("main", { "model.safetensors": weights });
    await refused(resolveModel(model), "not-found", "has no config.json");
  });

  it("is reported with the endpoint if that does not answer", async () => {
    await hub.stop();
    await refused(
      resolveModel(model),
      "network",
      `${process.env.HF_ENDPOINT}: connect ECONNREFUSED`,
    );
    vi.stubEnv("HF_ENDPOINT", "no-scheme");
    await refused(resolveModel(model), "invalid", /HF_ENDPOINT: expected a URL.*"no-scheme"/);
  });

  it.each([
    ["~/x", `write ${homedir()}/x`],
    ["C:\\x", 'there is no file or folder "C:\\x"'],
    ["https://huggingface.co/org/tiny", "give the model's Hub id, org/tiny"],
    ["https://huggingface.co/org/tiny/tree/main", "give the model's Hub id, org/tiny"],
    ["https://huggingface.co/org/tiny/blob/v1/config.json?x=y", "Hub id, org/tiny@v1"],
    ["hf.co/org/tiny/", "give the model's Hub id, org/tiny"],
  ])("is told apart from a path or an address: %s", async (id, message) => {
    await refused(resolveModel(id), "invalid", message);
    expect(hub.seen).toEqual([]);
  });

  it("is refused if its id has 304 characters", async () => {
    const id = `org/${"x".repeat(300)}`;
    await refused(resolveModel(id), "invalid", "there is no file or folder");
    expect(hub.seen).toEqual([]);
  });

  it.each([
    ["pytorch_model.bin", "save_pretrained"],
    ["model.fp16.safetensors", "rename it to model.safetensors"],
    ["consolidated.safetensors", "use the model.safetensors"],
    ["model-00001-of-00002.safetensors", "not the model.safetensors.index.json"],
    ["adapter_model.safetensors", "PEFT adapter"],
  ])("is not fetched if its weights are only in %s, which is said", async (name, message) => {
    hub.publish("main", {
      ...(name.startsWith("adapter") ? {} : { "config.json": config }),
      [name]: weights,
    });
    await refused(resolveModel(model), "not-found", message);
    expect(hub.seen.filter(({ path }) => path.includes("/resolve/"))).toEqual([]);
  });

  it.each([
    ["HF_HUB_DOWNLOAD_TIMEOUT", "soon", /HF_HUB_DOWNLOAD_TIMEOUT.*"soon"/],
    ["HF_HUB_DOWNLOAD_TIMEOUT", "-1", /expected a number of seconds/],
    ["HF_TOKEN", "sec\nret", /^((?!sec).)*characters that a token cannot have/],
    ["HF_ENDPOINT", "ftp://hub", /HF_ENDPOINT/],
  ])("is refused with the setting %s=%j", async (name, value, message) => {
    vi.stubEnv(name, value);
    await refused(resolveModel(model), "invalid", message);
  });

  it.each([
    "./missing",
    "/missing/folder",
    "tiny",
    "a/b/c",
    "org/..",
    "org/tiny@",
    "org/tiny@../x",
    "org/tiny@a/../../b",
    "",
  ])('is refused if "%s" is its id', async (id) => {
    await refused(resolveModel(id), "invalid", `there is no file or folder "${id}"`);
    expect(hub.seen).toEqual([]);
  });
});
