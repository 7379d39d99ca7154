/** What a checkpoint without a spec is called. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSpec } from "@sigil/spec";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "sigil-model-names-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a config.json is called", () => {
  const commit = "7fd15f0689c79d79e38b1c2e2e2370a7bf2761ed";
  const nameIn = (...path: readonly string[]): string => {
    const place = join(folder, ...path);
    mkdirSync(place, { recursive: true });
    writeFileSync(
      join(place, "config.json"),
      JSON.stringify({ model_type: "siglip_vision_model" }),
    );
    return loadSpec(place).name;
  };
  it("by its folder", () => expect(nameIn("My Model")).toBe("my-model"));
  it("in the Hugging Face cache by the Hub's name", () => {
    expect(nameIn("models--google--SigLIP-Tiny", "snapshots", commit)).toBe("siglip-tiny");
    expect(nameIn("models--bert", "snapshots", commit)).toBe("bert");
  });
  it("in another folder of snapshots by its folder", () =>
    expect(nameIn("models", "snapshots", "v1")).toBe("v1"));
  it("in a folder without a letter all the same", () =>
    expect(nameIn("été", "日本")).toBe("model"));
});
