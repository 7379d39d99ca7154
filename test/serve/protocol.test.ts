/** The Open Inference Protocol as a client of its own reads it, from the documents of KServe. */
import { SiglipModel } from "@sigil/runtime";
import { createServer } from "@sigil/serve";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { servedShapes } from "./served-shapes.ts";

const model = await servedShapes();
const app = await createServer([model], { version: "1.2.3" });
let address: string;
beforeAll(async () => {
  address = await app.listen({ port: 0 });
});
afterAll(async () => {
  await app.close();
  await model.session.dispose();
});

const get = async (path: string): Promise<unknown> => (await fetch(address + path)).json();
const infer = (body: object | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`${address}/v2/models/shapes/infer`, {
    method: "POST",
    headers,
    body: body instanceof Uint8Array ? body : JSON.stringify(body),
  });

const pixels = Float32Array.from({ length: 2 * 3 * 64 * 64 }, (_, i) => Math.sin(i));
const ids = [[5, 6, 7, ...Array<number>(13).fill(1)]];
const siglip = new SiglipModel(model.session);

describe("health and metadata", () => {
  it("tell that the server lives and takes requests", async () => {
    expect(await get("/v2/health/live")).toEqual({ live: true });
    expect(await get("/v2/health/ready")).toEqual({ ready: true });
    expect(await get("/v2/models/shapes/ready")).toEqual({ name: "shapes", ready: true });
    expect(await get("/v2")).toEqual({
      name: "sigil",
      version: "1.2.3",
      extensions: ["binary_tensor_data", "model_repository"],
    });
  });
  it("list a model's tensors", async () => {
    expect(await get("/v2/models/shapes/versions/1")).toMatchObject({
      name: "shapes",
      versions: ["1"],
      platform: "sigil",
      inputs: [
        { name: "pixel_values", datatype: "FP32", shape: [-1, 3, 64, 64] },
        { name: "input_ids", datatype: "INT32", shape: [-1, 16] },
        { name: "position_ids", datatype: "INT32", shape: [-1, 16] },
        { name: "attention_mask", datatype: "INT32", shape: [-1, 16] },
      ],
    });
  });
  it("answer 404 for another model or version", async () => {
    for (const path of ["/v2/models/other", "/v2/models/shapes/versions/2", "/v2/models"])
      expect((await fetch(address + path)).status, path).toBe(404);
  });
});

describe("inference", () => {
  const picture = { name: "pixel_values", shape: [2, 3, 64, 64], datatype: "FP32" };
  const texts = { name: "input_ids", shape: [1, 16], datatype: "INT64" };

  it("takes and gives JSON, flat or nested", async () => {
    const response = await infer({
      id: "a request",
      inputs: [
        { ...picture, data: Array.from(pixels) },
        { ...texts, data: ids },
      ],
      outputs: [{ name: "logits_per_image" }],
    });
    expect(response.status).toBe(200);
    const { logitsPerImage } = await siglip.forward({
      pixelValues: { data: pixels, shape: picture.shape },
      inputIds: ids,
    });
    expect(await response.json()).toEqual({
      model_name: "shapes",
      model_version: "1",
      id: "a request",
      outputs: [
        {
          name: "logits_per_image",
          datatype: "FP32",
          shape: [2, 1],
          data: Array.from(logitsPerImage.data),
        },
      ],
    });
  });

  it("takes and gives bytes behind the JSON", async () => {
    const bigIds = BigInt64Array.from(ids.flat(), BigInt);
    const json = Buffer.from(
      // One byte more, so that no tensor lies at a multiple of its element's size.
      ` ${JSON.stringify({
        inputs: [
          { ...texts, parameters: { binary_data_size: bigIds.byteLength } },
          { ...picture, parameters: { binary_data_size: pixels.byteLength } },
        ],
        outputs: [{ name: "image_embeds", parameters: { binary_data: true } }],
      })}`,
    );
    const response = await infer(
      Uint8Array.from(
        Buffer.concat([json, new Uint8Array(bigIds.buffer), new Uint8Array(pixels.buffer)]),
      ),
      {
        "content-type": "application/octet-stream",
        "inference-header-content-length": `${json.length}`,
      },
    );
    const length = Number(response.headers.get("inference-header-content-length"));
    const body = await response.arrayBuffer();
    expect(JSON.parse(Buffer.from(body, 0, length).toString())).toMatchObject({
      outputs: [{ name: "image_embeds", shape: [2, 128], parameters: { binary_data_size: 1024 } }],
    });
    const { imageEmbeds } = await siglip.forward({
      pixelValues: { data: pixels, shape: picture.shape },
      inputIds: ids,
    });
    expect(new Float32Array(body.slice(length))).toEqual(imageEmbeds.data);
  });

  it("runs one tower alone", async () => {
    const response = await infer({ inputs: [{ ...texts, data: ids.flat() }] });
    const { outputs } = (await response.json()) as { outputs: { name: string }[] };
    expect(outputs.map(({ name }) => name)).toEqual([
      "text_model_output.last_hidden_state",
      "text_model_output.pooler_output",
    ]);
  });
});
