/** Pictures of NaFlex, open_clip and timm models, prepared by the server as each takes them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { Siglip2VisionModel, type Siglip2ImageProcessor } from "@sigil/runtime";
import { decodeImage, openCheckpoint } from "@sigil/runtime/node";
import { openCpuSession } from "@sigil/runtime-cpu";
import { createServer, type ServedModel } from "@sigil/serve";
import { loadSpec } from "@sigil/spec";
import { afterAll, expect, it } from "vitest";
import { fixtures, scaledError } from "../support/golden-cases.ts";
import { shapesFolder, writeNaflexCheckpoint } from "../support/naflex-checkpoint.ts";
import { wildFolder } from "../support/wild-cases.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-serve-wild-"));
const naflexFolder = join(folder, "naflex");
await writeNaflexCheckpoint(naflexFolder);

async function served(name: string, path: string): Promise<ServedModel> {
  const checkpoint = await openCheckpoint(path);
  const { tensors } = checkpoint.weights;
  const shapes = new Map([...tensors].map(([key, { shape }]) => [key, shape]));
  const { plan, cpu } = await compile(loadSpec(path, { shapes }));
  return {
    name,
    session: await openCpuSession({ plan, wasm: cpu }, checkpoint.weights, { threads: 2 }),
    processor: checkpoint.imageProcessor,
    tokenizer: checkpoint.tokenizer,
    textLength: 16,
  };
}
const naflex = await served("naflex", naflexFolder);
const models = [
  naflex,
  await served("open-clip", wildFolder("openclip-siglip")),
  await served("timm", wildFolder("timm-map-classifier")),
];
const app = await createServer(models, { version: "1.0.0" });
afterAll(async () => {
  await app.close();
  for (const { session } of models) await session.dispose();
  rmSync(folder, { recursive: true });
});

async function post<T>(url: string, body: object): Promise<T> {
  const answer = await app.inject({ method: "POST", url, payload: body });
  expect([answer.statusCode, answer.body]).toEqual([200, expect.any(String)]);
  return answer.json();
}
const base64 = (path: string): string => readFileSync(path).toString("base64");

/** What open_clip and timm give for picture files; test/fixtures/wild/make_embed_goldens.py. */
const goldens = JSON.parse(readFileSync(join(fixtures, "wild/embed.json"), "utf8")) as {
  readonly pictures: readonly string[];
  readonly embed: readonly (readonly number[])[];
  readonly classify: readonly (readonly number[])[];
};
const images = goldens.pictures.map((name) => base64(join(fixtures, "images/source", name)));

it("embeds pictures with alpha and palettes as open_clip does", async () => {
  const { image_embeds: rows } = await post<{ image_embeds: number[][] }>("/embed", {
    model: "open-clip",
    images,
  });
  expect(rows).toHaveLength(3);
  rows.forEach((row, i) => expect(scaledError(row, goldens.embed[i]!)).toBeLessThan(1e-5));
});

it("classifies pictures as timm does", async () => {
  const { results } = await post<{ results: { labels: { label: string; score: number }[] }[] }>(
    "/classify",
    { model: "timm", images },
  );
  expect(results).toHaveLength(3);
  for (const [i, { labels }] of results.entries())
    for (const { label, score } of labels)
      expect(Math.abs(score - goldens.classify[i]!["abcde".indexOf(label)]!)).toBeLessThan(1e-5);
});

it("takes pictures of several aspect ratios for NaFlex, in one request or more", async () => {
  const files = [
    join(shapesFolder, "samples/black-ring.png"),
    join(fixtures, "images/source/png-scene-640x480.png"),
  ];
  const inputs = (naflex.processor() as Siglip2ImageProcessor).preprocess(
    await Promise.all(files.map((file) => decodeImage(readFileSync(file)))),
  );
  const { poolerOutput } = await new Siglip2VisionModel(naflex.session).forward(inputs);
  const embed = (some: readonly string[]): Promise<{ image_embeds: number[][] }> =>
    post("/embed", { model: "naflex", images: some.map(base64) });
  const together = await embed(files);
  expect(together.image_embeds.flat()).toEqual([...poolerOutput!.data]);
  const alone = await Promise.all(files.map((file) => embed([file])));
  expect(alone.flatMap(({ image_embeds }) => image_embeds)).toEqual(together.image_embeds);
  const { results } = await post<{ results: { labels: { label: string }[] }[] }>("/classify", {
    model: "naflex",
    images: [base64(files[0]!)],
    labels: ["a purple diamond", "a black ring", "an orange cross"],
  });
  expect(results[0]!.labels[0]!.label).toBe("a black ring");
});

it("says what a NaFlex model takes under transformers' names", async () => {
  const { inputs } = (await app.inject({ url: "/v2/models/naflex" })).json<{ inputs: object[] }>();
  expect(inputs.slice(0, 3)).toEqual([
    { name: "pixel_values", datatype: "FP32", shape: [-1, 64, 192] },
    { name: "pixel_attention_mask", datatype: "INT32", shape: [-1, 64] },
    { name: "spatial_shapes", datatype: "INT32", shape: [-1, 2] },
  ]);
});
