/** Commands on checkpoints of open_clip and timm and on larger models, as their folders stand. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bufferSource, openSafetensors, writeSafetensors } from "@sigil/runtime";
import { openFileSource } from "@sigil/runtime/node";
import { afterAll, describe, expect, it } from "vitest";
import { fixtures, scaledError } from "../support/golden-cases.ts";
import { wildCases, wildFolder, wildPixels, type WildCase } from "../support/wild-cases.ts";
import { runSigil } from "../support/sigil.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-wild-"));
afterAll(() => rmSync(folder, { recursive: true }));
const sigil = (...args: readonly string[]) => runSigil(args);
const open = async (file: string) => openSafetensors(await openFileSource(file));
const bytesOf = (data: Float32Array): Uint8Array => new Uint8Array(data.buffer);

/** What a case is given, as a file of transformers' names. */
async function inputsOf({ name, seed }: WildCase): Promise<string> {
  const { data, shape } = wildPixels(seed);
  const outputs = await open(join(wildFolder(name), "outputs.safetensors"));
  const ids = outputs.tensors.get("input.input_ids");
  const path = join(folder, `${name}.in.safetensors`);
  const file = writeSafetensors({
    pixel_values: { dtype: "F32", shape, data: bytesOf(data) },
    ...(ids && { input_ids: { ...ids, data: await outputs.read("input.input_ids") } }),
  });
  await outputs.close();
  writeFileSync(path, file);
  return path;
}

async function runs(wild: WildCase, checkpoint: string, ...options: string[]): Promise<void> {
  const out = join(folder, `${wild.name}.out.safetensors`);
  const files = ["--inputs", await inputsOf(wild), "--outputs", out];
  const tower = wild.tower ? ["--tower", wild.tower] : [];
  const { status, stderr } = await sigil("run", checkpoint, ...files, ...tower, ...options);
  expect([status, stderr]).toEqual([0, expect.stringContaining("tensors")]);
  const [actual, expected] = [
    await open(out),
    await open(join(wildFolder(wild.name), "outputs.safetensors")),
  ];
  // Of float32 through two layers.
  for (const [name, stored] of Object.entries(wild.outputs))
    expect(
      scaledError(await actual.readFloat32(name), await expected.readFloat32(stored)),
      name,
    ).toBeLessThan(1e-5);
  await Promise.all([actual.close(), expected.close()]);
}

describe("sigil run", () => {
  it.each(wildCases)("takes the folder of $name", (wild) => runs(wild, wildFolder(wild.name)));

  it("takes open_clip's weights behind a prefix where config.json describes them", async () => {
    const [wild] = wildCases as [WildCase];
    const marqo = join(folder, "marqo");
    cpSync(wildFolder(wild.name), marqo, { recursive: true });
    const stored = join(marqo, "open_clip_model.safetensors");
    const source = await openSafetensors(bufferSource(readFileSync(stored), stored));
    const renamed = await Promise.all(
      [...source.tensors].map(
        async ([name, info]) =>
          [`model.${name}`, { ...info, data: await source.read(name) }] as const,
      ),
    );
    rmSync(stored);
    writeFileSync(join(marqo, "model.safetensors"), writeSafetensors(Object.fromEntries(renamed)));
    writeFileSync(
      join(marqo, "config.json"),
      JSON.stringify({
        model_type: "siglip",
        auto_map: { AutoModel: "marqo.MarqoFashionSigLIP" },
        open_clip_model_name: "hf-hub:Marqo/marqo-fashionSigLIP",
      }),
    );
    await runs(wild, marqo);
  });

  it("needs no shard but those of the tower", async () => {
    const wild = wildCases.find(({ name }) => name === "paligemma")!;
    const partial = join(folder, "partial");
    cpSync(wildFolder(wild.name), partial, { recursive: true });
    const file = join(partial, "model.safetensors.index.json");
    const index = JSON.parse(readFileSync(file, "utf8")) as { weight_map: Record<string, string> };
    for (const name of Object.keys(index.weight_map))
      if (!name.startsWith("vision_tower.")) index.weight_map[name] = "not-here.safetensors";
    writeFileSync(file, JSON.stringify(index));
    await runs(wild, partial);
  });

  it("offers --tower for a larger model", async () => {
    const wild = wildCases.find(({ name }) => name === "paligemma")!;
    const files = ["--inputs", await inputsOf(wild), "--outputs", join(folder, "no.safetensors")];
    const { status, stderr } = await sigil("run", wildFolder("paligemma"), ...files);
    expect([status, stderr]).toEqual([1, expect.stringContaining("--tower vision")]);
  });
});

/** What open_clip and timm give for picture files; test/fixtures/wild/make_embed_goldens.py. */
const goldens = JSON.parse(readFileSync(join(fixtures, "wild/embed.json"), "utf8")) as {
  readonly pictures: readonly string[];
  readonly embed: readonly (readonly number[])[];
  readonly classify: readonly (readonly number[])[];
};
const pictures = goldens.pictures.map((name) => join(fixtures, "images/source", name));

describe("sigil embed", () => {
  it("embeds pictures with alpha and palettes as open_clip does", async () => {
    const { status, stdout } = await sigil(
      ...["embed", ...pictures, "--model", wildFolder("openclip-siglip")],
    );
    const rows = stdout.trimEnd().split("\n");
    expect([status, rows.length]).toEqual([0, 3]);
    for (const [i, row] of rows.entries())
      expect(
        scaledError((JSON.parse(row) as { embedding: number[] }).embedding, goldens.embed[i]!),
      ).toBeLessThan(1e-5);
  });

  it("cleans texts as open_clip does", async () => {
    const { status, stdout } = await sigil(
      ...["embed", "--model", wildFolder("openclip-siglip"), "--text", "A_cat!", "a cat"],
    );
    const [first, second] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { embedding: number[] }).embedding);
    expect([status, first]).toEqual([0, second]);
  });
});

it("sigil classify takes a classifier of timm and its labels", async () => {
  const { status, stdout } = await sigil(
    ...["classify", ...pictures, "--model", wildFolder("timm-map-classifier"), "--json"],
  );
  expect(status).toBe(0);
  const found = JSON.parse(stdout) as { labels: { label: string; score: number }[] }[];
  // Probabilities of logits within 1e-5.
  for (const [i, { labels }] of found.entries())
    for (const { label, score } of labels)
      expect(Math.abs(score - goldens.classify[i]!["abcde".indexOf(label)]!)).toBeLessThan(1e-5);
});

it("sigil preprocess prepares pictures by open_clip's config", async () => {
  const [out, embedded] = ["pixels", "embedded"].map((name) => join(folder, `${name}.safetensors`));
  const config = join(wildFolder("openclip-siglip"), "open_clip_config.json");
  const made = await sigil("preprocess", ...pictures, "--config", config, "--out", out!);
  expect(made.status).toBe(0);
  const args = ["run", wildFolder("openclip-siglip"), "--inputs", out!, "--outputs", embedded!];
  expect((await sigil(...args)).status).toBe(0);
  const outputs = await open(embedded!);
  expect(
    scaledError(
      await outputs.readFloat32("vision_model_output.pooler_output"),
      goldens.embed.flat(),
    ),
  ).toBeLessThan(1e-5);
  await outputs.close();
  const odd = await sigil("preprocess", pictures[0]!, "--config", config, "--out", out!, "--fast");
  expect([odd.status, odd.stderr]).toEqual([
    1,
    expect.stringContaining("--fast: a config of open_clip"),
  ]);
});

it("sigil init writes a spec of open_clip's sizes, which runs with its weights", async () => {
  const [wild] = wildCases as [WildCase];
  const spec = join(folder, "oc.json");
  expect((await sigil("init", wildFolder(wild.name), "--out", spec)).status).toBe(0);
  await runs(wild, spec, "--checkpoint", wildFolder(wild.name));
});
