/** Names that strangers gave, as commands turn them into classes, folders and files. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { runSigil } from "../support/sigil.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-names-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const sigil = (...args: readonly string[]) =>
  runSigil(args, {
    cwd: folder,
    env: { ...process.env, HF_HOME: join(folder, "hf"), HF_HUB_OFFLINE: "1" },
  });
const tower = {
  hidden_size: 16,
  intermediate_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  image_size: 16,
  patch_size: 8,
};

it("a Hub id gives class and folder the model's name, not the commit's", async () => {
  const commit = "7fd15f0689c79d79e38b1c2e2e2370a7bf2761ed";
  const model = join(folder, "hf/hub/models--some-org--SigLIP-Tiny");
  mkdirSync(join(model, "refs"), { recursive: true });
  mkdirSync(join(model, "snapshots", commit), { recursive: true });
  writeFileSync(join(model, "refs/main"), commit);
  writeFileSync(
    join(model, "snapshots", commit, "config.json"),
    JSON.stringify({ model_type: "siglip_vision_model", ...tower }),
  );
  writeFileSync(
    join(model, "snapshots", commit, "README.md"),
    "---\nlanguage: en\nlicense: apache-2.0\n---\n# SigLIP\nlicense: none of this\n",
  );
  for (const given of ["some-org/SigLIP-Tiny", join(model, "snapshots", commit)]) {
    const { stdout, stderr, status } = await sigil("compile", given);
    expect([stderr, status]).toEqual(["", 0]);
    expect(stdout).toContain(`written to ${join("generated", "siglip-tiny")}: `);
    expect(stdout).toContain(`SiglipTiny, in ${join("generated", "siglip-tiny", "index.js")}`);
    const module = readFileSync(join(folder, "generated/siglip-tiny/index.js"), "utf8");
    expect(module).toContain("export class SiglipTiny extends ");
    expect(module.split("\n")[1]).toBe(
      `// Made for checkpoint some-org/SigLIP-Tiny at ${commit}, licence apache-2.0.`,
    );
    expect(readdirSync(join(folder, "generated"))).toEqual(["siglip-tiny"]);
    rmSync(join(folder, "generated"), { recursive: true });
  }
});

it("a graph whose name is a path is refused, and nothing is written", async () => {
  const work = join(folder, "work");
  mkdirSync(work);
  writeFileSync(
    join(work, "document.json"),
    JSON.stringify({
      name: "../../escaped",
      symbols: { batch: "image" },
      inputs: { x: { dtype: "float32", shape: ["batch", 4, 8] } },
      steps: [{ name: "y", op: "mean_tokens", inputs: ["x"] }],
      outputs: { result: "y" },
    }),
  );
  writeFileSync(
    join(work, "spec.json"),
    JSON.stringify({ name: "m", architecture: "./document.json", config: {} }),
  );
  const { stderr, status } = await sigil(
    ...["compile", join(work, "spec.json"), "--out", join(work, "o/m")],
    ...["--dump", join(work, "o/d/e")],
  );
  expect(status).toBe(1);
  expect(stderr).toContain("`name` must match");
  expect(stderr).toContain("document.json:1:9");
  expect(readdirSync(work).sort()).toEqual(["document.json", "spec.json"]);
});
