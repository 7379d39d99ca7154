/**
 * What `--model` may be besides a checkpoint with both towers: classifiers, single towers, specs,
 * compiled modules.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { runSigil } from "../support/sigil.ts";

const shapes = join(fixtures, "checkpoints/siglip-shapes");
const classifier = join(fixtures, "wild/classify-saved");
const sample = (name: string): string => join(shapes, "samples", `${name}.png`);
const pictures = ["red-circle", "pink-heart"];
const folder = mkdtempSync(join(tmpdir(), "sigil-models-"));
const spec = join(folder, "shapes.json");
const module = join(folder, "module");
const sigil = (...args: readonly string[]) => runSigil(args);

/** transformers' answers; test/fixtures/wild/make_cli_goldens.py. */
const goldens = JSON.parse(readFileSync(join(fixtures, "wild/cli.json"), "utf8")) as {
  readonly classify: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly embed: Readonly<Record<string, readonly number[]>>;
};

/** A checkpoint of one tower of siglip-shapes: its config, and weights that hold both. */
function tower(part: "text" | "vision"): string {
  const place = join(folder, part);
  cpSync(shapes, place, { recursive: true });
  const config = JSON.parse(readFileSync(join(shapes, "config.json"), "utf8")) as Readonly<
    Record<string, object>
  >;
  writeFileSync(
    join(place, "config.json"),
    JSON.stringify({ ...config[`${part}_config`], model_type: `siglip_${part}_model` }),
  );
  return place;
}

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const document = {
    name: "shapes",
    architecture: "siglip",
    config: join(shapes, "config.json"),
    pixels: "uint8",
  };
  writeFileSync(spec, JSON.stringify(document));
  const { status } = await sigil("compile", shapes, "--out", module);
  expect(status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a classifier", () => {
  it("gives each picture its own labels with transformers' probabilities", async () => {
    const args = ["classify", ...pictures.map(sample), "--model", classifier];
    const { status, stdout } = await sigil(...args, "--json");
    expect(status).toBe(0);
    const found = JSON.parse(stdout) as { labels: { label: string; score: number }[] }[];
    for (const [i, name] of pictures.entries()) {
      const expected = Object.entries(goldens.classify[name]!).sort(([, a], [, b]) => b - a);
      expect(found[i]!.labels.map(({ label }) => label)).toEqual(expected.map(([label]) => label));
      for (const [k, [, score]] of expected.entries())
        expect(Math.abs(found[i]!.labels[k]!.score - score)).toBeLessThan(1e-6);
    }
  });

  it("prints the best of its labels", async () => {
    const { stdout } = await sigil(
      ...["classify", sample("red-circle"), "--model", classifier, "--top", "1"],
    );
    expect(stdout).toMatch(/^\n.*red-circle\.png\n {2}suggestive {2}█+·+ {2}43\.61 %\n\n$/);
  });

  it.each([
    [["--labels", "a"], "--labels: "],
    [["--template", "{}!"], "--template: "],
  ])("takes no %s", async (more, begins) => {
    const args = ["classify", sample("red-circle"), "--model", classifier, ...more];
    const { status, stderr } = await sigil(...args);
    expect([status, stderr]).toEqual([
      1,
      `error: ${begins}${classifier} is a classifier with labels of its own (safe, ` +
        `suggestive, explicit); leave ${more[0]} out\n`,
    ]);
  });

  it("has no embeddings, and a model with both towers no labels", async () => {
    const embed = await sigil("embed", sample("red-circle"), "--model", classifier);
    expect(embed.stderr).toBe(
      `error: ${classifier}: expected a model with both towers or a vision tower, received a ` +
        `classifier; sigil classify takes it\n`,
    );
    const classify = await sigil("classify", sample("red-circle"), "--model", shapes);
    expect([embed.status, classify.status, classify.stderr]).toEqual([
      1,
      1,
      `error: ${shapes} compares pictures with texts: give the texts with --labels, such as ` +
        `--labels "a cat,a dog"\n`,
    ]);
  });
});

const rowsOf = (stdout: string): number[][] =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { embedding: number[] }).embedding);

describe("sigil embed", () => {
  it.each<[string, () => readonly string[]]>([
    ["a vision tower alone", () => [tower("vision")]],
    ["a spec whose model takes bytes", () => [spec, "--checkpoint", shapes]],
    ["a compiled module", () => [module, "--checkpoint", shapes]],
    ["a config.json in its checkpoint", () => [join(shapes, "config.json")]],
  ])("embeds pictures with %s", async (_, model) => {
    const { status, stdout } = await sigil("embed", ...pictures.map(sample), "--model", ...model());
    expect(status).toBe(0);
    for (const [i, row] of rowsOf(stdout).entries())
      goldens.embed[pictures[i]!]!.forEach((value, k) =>
        // The goldens' tolerance; bytes are normalised in the first product.
        expect(Math.abs(row[k]! - value)).toBeLessThan(2e-5),
      );
  });

  it.each<[string, () => readonly string[]]>([
    ["a text tower alone", () => [tower("text")]],
    ["a compiled module", () => [module, "--checkpoint", shapes]],
  ])("embeds texts with %s", async (_, model) => {
    const texts = ["--text", "a red circle", "a cat"];
    const alone = await sigil("embed", ...texts, "--model", ...model());
    const whole = await sigil("embed", ...texts, "--model", shapes);
    expect([alone.status, alone.stdout]).toEqual([0, whole.stdout]);
  });

  it.each([
    ["a spec", () => spec, "the spec names no checkpoint"],
    ["a compiled module", () => module, "a compiled module holds no weights"],
  ])("asks where the weights of %s are", async (_, model, why) => {
    const { status, stderr } = await sigil("embed", "--text", "a", "--model", model());
    expect([status, stderr]).toEqual([
      1,
      `error: ${model()}: ${why}: use --checkpoint to name the folder or Hub id that its ` +
        `weights, tokenizer and image processor come from\n`,
    ]);
  });
});

it("sigil run takes the weights of a checkpoint's folder", async () => {
  const [inputs, outputs] = ["inputs", "outputs"].map((name) =>
    join(folder, `${name}.safetensors`),
  ) as [string, string];
  const prepare = ["preprocess", ...pictures.map(sample), "--out", inputs, "--config"];
  await sigil(...prepare, join(shapes, "preprocessor_config.json"));
  const alone = await sigil("run", shapes, "--inputs", inputs, "--outputs", outputs);
  const named = join(folder, "named.safetensors");
  const weights = join(shapes, "model.safetensors");
  await sigil("run", shapes, "--weights", weights, "--inputs", inputs, "--outputs", named);
  expect([alone.status, readFileSync(outputs).equals(readFileSync(named))]).toEqual([0, true]);
});
