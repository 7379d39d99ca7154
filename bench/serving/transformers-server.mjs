/**
 * What people put together today: transformers.js behind fastify. node transformers-server.mjs
 * FOLDER; writes its address. FOLDER has config.json, preprocessor_config.json and
 * onnx/vision_model.onnx of an image tower.
 */
import { basename, dirname } from "node:path";
import multipart from "@fastify/multipart";
import { AutoProcessor, RawImage, SiglipVisionModel, env } from "@huggingface/transformers";
import fastify from "fastify";

const folder = process.argv[2];
env.localModelPath = dirname(folder);
env.allowRemoteModels = false;
const name = basename(folder);
const [processor, model] = await Promise.all([
  AutoProcessor.from_pretrained(name),
  SiglipVisionModel.from_pretrained(name, { device: "cpu", dtype: "fp32" }),
]);

const app = fastify();
await app.register(multipart);
app.post("/embed", async (request) => {
  const file = await request.file();
  const image = await RawImage.fromBlob(new Blob([await file.toBuffer()]));
  const { pooler_output } = await model(await processor(image));
  return { image_embeds: pooler_output.tolist() };
});
console.log(await app.listen({ port: 0, host: "127.0.0.1" }));
process.once("SIGTERM", () => app.close().then(() => process.exit(0)));
