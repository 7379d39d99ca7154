/** Commands given what they cannot use: one line that says what, status 1 or 2, and nothing written. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-bad-"));
const shapes = join(fixtures, "checkpoints/siglip-shapes");
const picture = join(shapes, "samples/red-circle.png");
const sigil = (args: readonly string[], input = "") => spawnSync("node", [join(import.meta.dirname, "../../cli/bin/sigil.js"), ...args], { cwd: folder, encoding: "utf8", input });

beforeAll(() => {
  const { vision_config: vision } = JSON.parse(readFileSync(join(shapes, "config.json"), "utf8")) as { vision_config: object };
  for (const name of ["vision", "legacy"]) {
    mkdirSync(join(folder, name));
    for (const file of ["config.json", "model.safetensors", "spiece.model", "preprocessor_config.json"]) copyFileSync(join(shapes, file), join(folder, name, file));
  }
  writeFileSync(join(folder, "vision/config.json"), JSON.stringify({ ...vision, model_type: "siglip_vision_model" }));
  // As transformers 4 writes it: no settings of the image processor.
  writeFileSync(join(folder, "legacy/processor_config.json"), JSON.stringify({ processor_class: "SiglipProcessor" }));
  writeFileSync(join(folder, "null.json"), "null\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ["a model without texts", ["classify", picture, "--labels", "a", "--model", "vision"], "", /^error: vision: expected a checkpoint with both towers, received a siglip-vision; sigil run takes it$/],
  ["settings that are no object", ["preprocess", picture, "--out", "out.safetensors", "--config", "null.json"], "", /^error: image processor: expected an object of settings, received null$/],
] as const)("%s", (_, args, input, message) => {
  const before = readdirSync(folder);
  const { status, stdout, stderr } = sigil(args, input);
  expect(stderr.trimEnd().split("\n")[0]).toMatch(message);
  expect([status === 1 || status === 2, stdout, readdirSync(folder)]).toEqual([true, "", before]);
});

it("a processor_config.json without settings leaves those of the preprocessor_config.json", () => {
  const { stdout, stderr } = sigil(["classify", picture, "--labels", "a red circle,a blue square", "--model", "legacy", "--json"]);
  expect(stderr).toBe("");
  expect((JSON.parse(stdout) as { labels: { label: string }[] }[])[0]!.labels[0]!.label).toBe("a red circle");
});
