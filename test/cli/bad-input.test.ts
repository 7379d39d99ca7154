/**
 * Commands given what they cannot use: one line that says what, status 1 or 2, and nothing written.
 */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { runSigil } from "../support/sigil.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-bad-"));
const shapes = join(fixtures, "checkpoints/siglip-shapes");
const picture = join(shapes, "samples/red-circle.png");
const sigil = (args: readonly string[], input = "") => runSigil(args, { cwd: folder, input });

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
      "tokenizer_config.json",
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
  const pointer = readFileSync(join(fixtures, "safetensors/lfs-pointer.safetensors"));
  writeFileSync(join(folder, "pointer.safetensors"), pointer);
  mkdirSync(join(folder, "adapter"));
  mkdirSync(join(folder, "pipe"));
  symlinkSync("circle", join(folder, "circle"));
  execFileSync("mkfifo", [join(folder, "pipe/config.json")]);
  writeFileSync(join(folder, "adapter/adapter_config.json"), "{}");
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  [
    "a model without texts",
    ["classify", picture, "--labels", "a", "--model", "vision"],
    "",
    /^error: vision: expected a model with both towers or a classifier, .*; sigil embed takes it$/,
  ],
  [
    "more threads than a process can have",
    ["classify", picture, "--labels", "a", "--model", shapes, "--threads", "999"],
    "",
    /^error: threads: expected a whole number from 1 to \d+, received 999$/,
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
    /^error: option '--labels <a,b>' argument 'a,,b' is invalid\. expected labels .*, and one/,
  ],
  [
    "a size that no memory holds",
    ["preprocess", picture, "--out", "out.safetensors", "--size", "999999x999999"],
    "",
    /^error: size: expected a positive integer height and width of at most 16777216 pixels/,
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
    /tensor pixel_values, input_ids or both, found logit_bias, (\S+, ){6}\S+ and \d+ more$/,
  ],
  [
    "a spiece.model that is not there",
    ["tokenize", "--model", "none.model"],
    "",
    /^error: cannot read none\.model: no such file or folder$/,
  ],
  [
    "a spiece.model that Git LFS has",
    ["tokenize", "--model", "pointer.safetensors"],
    "",
    /^error: pointer\.safetensors is a Git LFS pointer.*git lfs pull/,
  ],
  [
    "weights that Git LFS has",
    ["compare", "pointer.safetensors", "pointer.safetensors"],
    "",
    /^error: pointer\.safetensors: is a Git LFS pointer.*git lfs pull/,
  ],
  [
    "a spec that Git LFS has",
    ["inspect", "pointer.safetensors"],
    "",
    /^error: pointer\.safetensors is a Git LFS pointer/,
  ],
  [
    "a folder that is not there",
    ["compile", "./none"],
    "",
    /^error: there is no file or folder ".\/none"$/,
  ],
  [
    "a model that is not there",
    ["embed", "--text", "a", "--model", "~/none"],
    "",
    /^error: there is no file or folder "~\/none": a shell replaces ~/,
  ],
  [
    "the address of a model",
    ["inspect", "https://huggingface.co/org/name/tree/main"],
    "",
    /^error: "https:.*" is a URL: give the model's Hub id, org\/name$/,
  ],
  [
    "weights instead of their folder",
    ["embed", "--text", "a", "--model", join(shapes, "model.safetensors")],
    "",
    /model\.safetensors is a file: expected a checkpoint folder, such as .*-shapes or a Hub id$/,
  ],
  [
    "a PEFT adapter",
    ["embed", "--text", "a", "--model", "adapter"],
    "",
    /^error: adapter: is not a complete checkpoint$/,
  ],
  [
    "a PEFT adapter to compile",
    ["compile", "adapter"],
    "",
    /^error: adapter has no config\.json; it is a PEFT adapter: merge it/,
  ],
  [
    "a spec to write over",
    ["init", shapes, "--out", "null.json"],
    "",
    /^error: .*null\.json exists; use --force to overwrite it$/,
  ],
  [
    "a spec to make a spec of",
    ["init", join(fixtures, "../../spec/models/siglip-shapes.json")],
    "",
    /^error: .*is already a spec/,
  ],
  ["a pipe for a spec", ["inspect", "/dev/null"], "", /^error: \/dev\/null is not a file$/],
  [
    "a pipe for a config",
    ["inspect", "pipe"],
    "",
    /^error\[missing-file\]: cannot read `pipe\/config\.json`$/,
  ],
  [
    "a device for a config of the image processor",
    ["preprocess", picture, "--out", "out.safetensors", "--config", "/dev/zero"],
    "",
    /^error: cannot read \/dev\/zero: it is not a file$/,
  ],
  [
    "links in a circle",
    ["inspect", "circle"],
    "",
    /^error: cannot read circle: its symbolic links lead in a circle$/,
  ],
  [
    "a name that acts on a terminal",
    ["inspect", "\x1b[2J\u202e/x/y"],
    "",
    /^error: there is no file or folder "\ufffd\[2J\ufffd\/x\/y"$/,
  ],
  [
    "a file where a folder is wanted",
    ["compile", shapes, "--out", "null.json"],
    "",
    /^error: cannot write null\.json: a file of that name exists$/,
  ],
] as const)(
  "is refused in one line, and nothing is written: %s",
  async (_, args, input, message) => {
    const before = readdirSync(folder);
    const { status, stdout, stderr } = await sigil(args, input);
    expect(stderr.trimEnd().split("\n")[0]).toMatch(message);
    expect([status === 1 || status === 2, stdout, readdirSync(folder)]).toEqual([true, "", before]);
  },
);

it("a file that is no text is shown in part, without what would act on a terminal", async () => {
  const { status, stderr } = await sigil(["inspect", join(shapes, "model.safetensors")]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error\[malformed-json\]: malformed JSON/);
  expect(Math.max(...stderr.split("\n").map((line) => line.length))).toBeLessThan(240);
  expect(stderr).not.toMatch(/[^\P{Cc}\n]/u);
});

it("an empty processor_config.json leaves the settings of preprocessor_config.json", async () => {
  const { stdout, stderr } = await sigil([
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
