/** The routes that people use without knowing tensors. */
import { SiglipModel, ZeroShotImageClassification } from "@sigil/runtime";
import { createServer } from "@sigil/serve";
import { afterAll, describe, expect, it } from "vitest";
import { shapesPictures, shapesProcessor } from "../support/shapes-checkpoint.ts";
import { servedShapes } from "./served-shapes.ts";
import { sampleFiles } from "./samples.ts";

const model = await servedShapes();
const app = await createServer([model], { version: "1.0.0" });
const address = await app.listen({ port: 0 });
afterAll(async () => {
  await app.close();
  await model.session.dispose();
});

const files = sampleFiles(3);
const labels = ["a red circle", "a blue square", "a green triangle"];
const pictures = shapesProcessor.preprocess(await shapesPictures(3));
const pixelValues = { data: pictures.pixelValues, shape: pictures.shape };
const siglip = new SiglipModel(model.session);

const post = async (path: string, body: FormData | object): Promise<Response> =>
  fetch(`${address}${path}`, {
    method: "POST",
    ...(body instanceof FormData
      ? { body }
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
const form = (fields: Readonly<Record<string, readonly (string | Blob)[]>>): FormData => {
  const data = new FormData();
  for (const [name, values] of Object.entries(fields))
    for (const value of values)
      if (typeof value === "string") data.append(name, value);
      else data.append(name, value, "a file.png");
  return data;
};
const blobs = files.map((bytes) => new Blob([bytes]));
const base64 = files.map((bytes) => Buffer.from(bytes).toString("base64"));

describe("/classify", () => {
  it("scores labels as the pipeline does, from a form or JSON", async () => {
    const classifier = new ZeroShotImageClassification(siglip, model.tokenizer(), 16);
    const scores = await classifier.classify(pixelValues, labels);
    const results = scores.map((all) => all.map(({ label, score }) => ({ label, score })));
    for (const body of [form({ images: blobs, labels }), { images: base64, labels }]) {
      const response = await post("/classify", body);
      expect(response.status).toBe(200);
      const answer = (await response.json()) as { results: { labels: object[] }[] };
      expect(answer.results.map((result) => result.labels)).toEqual(results);
    }
  });
});

describe("/embed", () => {
  it("gives the pooled embeddings of pictures and texts", async () => {
    const features = await siglip.getImageFeatures({ pixelValues });
    const answer = (await (await post("/embed", { images: base64, texts: labels })).json()) as {
      image_embeds: number[][];
      text_embeds: number[][];
    };
    expect(answer.image_embeds.flat()).toEqual(Array.from(features.data));
    expect(answer.text_embeds).toHaveLength(3);
  });
  it("divides them by their length where that is asked for", async () => {
    const answer = (await (
      await post("/embed", form({ texts: labels, normalize: ["true"] }))
    ).json()) as { text_embeds: number[][] };
    for (const row of answer.text_embeds) expect(Math.hypot(...row)).toBeCloseTo(1, 6);
  });
});

describe("what is wrong is answered with its reason", () => {
  const [image] = base64 as [string];
  it.each<[string, string, FormData | object, number, RegExp]>([
    ["nothing", "/embed", {}, 400, /expected images or texts/],
    ["no labels", "/classify", { images: [image] }, 400, /expected labels/],
    ["no pictures", "/classify", { labels }, 400, /expected images/],
    ["another model", "/embed", { model: "x", texts: ["a"] }, 404, /no model "x" here/],
    ["an unknown field", "/embed", { text: ["a"] }, 400, /additional properties/],
    ["an unknown field of a form", "/embed", form({ text: ["a"] }), 400, /unknown field "text"/],
    ["text that is no text", "/embed", { texts: [5] }, 400, /must be string/],
    ["a text as a picture", "/embed", { images: ["aGVsbG8="] }, 400, /images\[0\].*picture/],
    ["a field given twice", "/embed", form({ model: ["a", "b"] }), 400, /model is given twice/],
    [
      "a template without a place",
      "/classify",
      { images: [image], labels, template: "x" },
      400,
      /one \{\}/,
    ],
  ])("%s", async (_, path, body, status, message) => {
    const response = await post(path, body);
    const answer = (await response.json()) as { error: string; code: string };
    expect([response.status, answer]).toEqual([
      status,
      { error: expect.stringMatching(message), code: expect.any(String) },
    ]);
  });
});
