/** `sigil init`: a spec that means what the checkpoint means, wherever it is moved. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSpec, parseSpec, specPath } from "@sigil/spec";
import { afterAll, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { printed } from "../support/sigil.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-init-"));
afterAll(() => rmSync(folder, { recursive: true }));
const sigil = (...args: string[]) => printed(args, { cwd: folder });
const out = join(folder, "specs/mine.json");

/** A checkpoint folder with this preprocessor_config.json, if there is one. */
function checkpoint(name: string, preprocessor?: unknown): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(
    join(path, "config.json"),
    readFileSync(join(fixtures, "checkpoints/siglip-shapes/config.json")),
  );
  if (preprocessor !== undefined)
    writeFileSync(join(path, "preprocessor_config.json"), JSON.stringify(preprocessor));
  return path;
}

/** How the written spec normalises bytes once somebody asks for them. */
const bytes = () =>
  parseSpec(
    JSON.stringify({ ...(JSON.parse(readFileSync(out, "utf8")) as object), pixels: "uint8" }),
    { file: out },
  ).pixels;

it("sigil init writes the checkpoint's normalisation, which bytes then take", async () => {
  const clip = { do_rescale: false, image_mean: [0.48, 0.45, 0.4], image_std: [0.26, 0.25, 0.27] };
  await sigil("init", checkpoint("clip", clip), "--out", out);
  expect(bytes()).toEqual({
    dtype: "uint8",
    rescaleFactor: 1,
    imageMean: clip.image_mean,
    imageStd: clip.image_std,
  });
  const { file: _, name: __, ...written } = loadSpec(out);
  const { file: ___, name: ____, ...meant } = loadSpec(join(folder, "clip"));
  expect(written).toEqual(meant);
});

it("sigil init writes the defaults if the checkpoint has no settings", async () => {
  await sigil("init", checkpoint("silent"), "--out", out, "--force");
  expect(bytes()).toEqual({
    dtype: "uint8",
    rescaleFactor: 1 / 255,
    imageMean: [0.5],
    imageStd: [0.5],
  });
});

it(
  "sigil init writes nothing for an invalid preprocessor_config.json, and nothing for a file " +
    "that is already a spec",
  async () => {
    rmSync(out);
    const odd = checkpoint("odd", { image_std: [1, 0, 1] });
    await expect(sigil("init", odd, "--out", out)).rejects.toThrow(
      /preprocessor_config\.json.*\n[^]*image_std/,
    );
    await expect(sigil("init", specPath("siglip-shapes"), "--out", out)).rejects.toThrow(
      /is already a spec/,
    );
    expect(existsSync(out)).toBe(false);
  },
);
