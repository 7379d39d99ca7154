/** A fake Hub and an empty cache for each test; no test reaches another host. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { FakeHub, sha256 } from "./fake-hub.ts";

export const model = "org/tiny";
export const weights = randomBytes(300_000);
export const config = Buffer.from('{"model_type":"siglip"}');
export const files = {
  "config.json": config,
  "spiece.model": randomBytes(5000),
  "model.safetensors": weights,
  "README.md": Buffer.from("unwanted"),
  "special_tokens_map.json": Buffer.alloc(0),
};

export let hub: FakeHub;
/** HF_HOME. */
export let home: string;
/** The model's folder of the cache. */
export let storage: string;
export const blob = (bytes: Buffer): string => join(storage, "blobs", sha256(bytes));
/** What the cache has of files under way. */
export const partials = (): string[] =>
  readdirSync(join(storage, "blobs"))
    .filter((name) => name.endsWith(".incomplete"))
    .map((name) => join(storage, "blobs", name));

beforeEach(async () => {
  hub = new FakeHub(model);
  home = mkdtempSync(join(tmpdir(), "sigil-hub-"));
  storage = join(home, "hub", "models--org--tiny");
  for (const name of [
    "HF_TOKEN",
    "HF_TOKEN_PATH",
    "HF_HUB_CACHE",
    "HUGGINGFACE_HUB_CACHE",
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
    "HF_HUB_DOWNLOAD_TIMEOUT",
  ])
    vi.stubEnv(name, undefined);
  vi.stubEnv("HF_HOME", home);
  vi.stubEnv("HF_ENDPOINT", await hub.start());
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.stop();
  rmSync(home, { recursive: true, force: true });
});

/** The error that a call fails with. */
export const failure = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => expect.fail("expected an error"),
    (error: unknown) => error,
  );

/** Holds that a call fails with a HubError of that code and message. */
export async function refused(
  run: Promise<unknown>,
  code: string,
  message: string | RegExp = "",
): Promise<void> {
  const text =
    typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message);
  expect(await failure(run)).toMatchObject({ name: "HubError", code, message: text });
}
