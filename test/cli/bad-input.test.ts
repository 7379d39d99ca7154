/**
 * Commands given what they cannot use: one line that says what, status 1 or 2, and nothing written.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-bad-"));
const shapes = join(fixtures, "checkpoints/siglip-shapes");
const picture = join(shapes, "samples/red-circle.png");
const sigil = (args: readonly string[], input = "") =>
  spawnSync("node", [join(import.meta.dirname, "../../cli/bin/sigil.js"), ...args], {
    cwd: folder,
    encoding: "utf8",
    input,
  });

beforeAll(() => {
  const { vision_config: vision } = JSON.parse(
    readFileSync(join(shapes, "config.json"), "utf8"),
  ) as { vision_config: object };
  for (const name of ["vision", "legacy"]) {
    mkdirSync(join(folder, name));
    for (const file of [
      "config.json",
      "model.safetensors",
      "spiece.model",
      "preprocessor_config.json",
    ])
      copyFileSync(join(shapes, file), join(folder, name, file));
  }
  writeFileSync(
    join(folder, "vision/config.json"),
    JSON.stringify({ ...vision, model_type: "siglip_vision_model" }),
  );
  // As transformers 4 writes it: no settings of the image processor.
  writeFileSync(
    join(folder, "legacy/processor_config.json"),
    JSON.stringify({ processor_class: "SiglipProcessor" }),
  );
  writeFileSync(join(folder, "null.json"), "null\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  [
    "a model without texts",
    ["classify", picture, "--labels", "a", "--model", "vision"],
    "",
    /^error: vision: expected a checkpoint with both towers, received a siglip-vision; sigil run takes it$/,
  ],
  [
    "settings that are no object",
    ["preprocess", picture, "--out", "out.safetensors", "--config", "null.json"],
    "",
    /^error: null\.json: image processor: expected an object of settings, received null$/,
  ],
  [
    "a label that is none",
    ["classify", picture, "--labels", "a,,b", "--model", shapes],
    "",
    /^error: option '--labels <a,b>' argument 'a,,b' is invalid\. a label is empty$/,
  ],
  [
    "a size that no memory holds",
    ["preprocess", picture, "--out", "out.safetensors", "--size", "999999x999999"],
    "",
    /^error: size: expected a positive integer height and width of at most 67108864 pixels/,
  ],
  [
    "a line that is no JSON",
    ["tokenize", "--model", join(shapes, "spiece.model")],
    "\na photo\n",
    /^error: line 2: expected a JSON string or an object with a string "text", received a photo$/,
  ],
  [
    "a file that is no SentencePiece model",
    ["tokenize", "--model", "null.json"],
    "",
    /^error: null\.json: expected a SentencePiece model \(spiece\.model\): /,
  ],
  [
    "inputs that are none of the model's",
    [
      "run",
      shapes,
      "--weights",
      join(shapes, "model.safetensors"),
      "--inputs",
      join(shapes, "model.safetensors"),
      "--outputs",
      "out.safetensors",
    ],
    "",
    /model\.safetensors: expected a tensor pixel_values, input_ids or both, found logit_bias, (\S+, ){6}\S+ and \d+ more$/,
  ],
  [
    "a file where a folder is wanted",
    ["compile", shapes, "--out", "null.json"],
    "",
    /^error: cannot write null\.json\/index\.ts: null\.json is no folder$/,
  ],
] as const)("%s", (_, args, input, message) => {
  const before = readdirSync(folder);
  const { status, stdout, stderr } = sigil(args, input);
  expect(stderr.trimEnd().split("\n")[0]).toMatch(message);
  expect([status === 1 || status === 2, stdout, readdirSync(folder)]).toEqual([true, "", before]);
});

it("a file that is no text is shown in part, without what would act on a terminal", () => {
  const { status, stderr } = sigil(["inspect", join(shapes, "model.safetensors")]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error\[malformed-json\]: malformed JSON/);
  expect(Math.max(...stderr.split("\n").map((line) => line.length))).toBeLessThan(240);
  expect(stderr).not.toMatch(/[^\P{Cc}\n]/u);
});

it("a processor_config.json without settings leaves those of the preprocessor_config.json", () => {
  const { stdout, stderr } = sigil([
    "classify",
    picture,
    "--labels",
    "a red circle,a blue square",
    "--model",
    "legacy",
    "--json",
  ]);
  expect(stderr).toBe("");
  expect((JSON.parse(stdout) as { labels: { label: string }[] }[])[0]!.labels[0]!.label).toBe(
    "a red circle",
  );
});
