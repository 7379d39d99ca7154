// The page and what it asks for.
import { join } from "node:path";
import multipart from "@fastify/multipart";
import files from "@fastify/static";
import fastify from "fastify";
import sharp from "sharp";

export async function createServer({ index, embedImages, embedTexts }) {
  const app = fastify();
  await app.register(files, { root: join(import.meta.dirname, "page") });
  await app.register(multipart, { limits: { fileSize: 32 << 20, files: 1 } });

  app.get("/api/pictures", () => ({ count: index.size }));
  app.get("/api/search", async ({ query }) => {
    const text = String(query.text ?? "").trim();
    if (text === "") return [];
    // The words of a photograph's caption, which is what these models were trained on.
    const { data } = await embedTexts(`a photo of ${text}`, { normalize: true });
    return index.search(data);
  });
  app.post("/api/search", async (request) => {
    const part = await request.file();
    const { data } = await embedImages(new Uint8Array(await part.toBuffer()), { normalize: true });
    return index.search(data);
  });
  app.get("/api/similar/:id", async ({ params }, reply) => {
    const file = index.fileOf(params.id);
    if (!file) return reply.status(404).send({ error: "no such picture" });
    const { data } = await embedImages(file, { normalize: true });
    return index.search(data);
  });
  for (const [route, side] of [
    ["thumbnail", 320],
    ["picture", 1600],
  ])
    app.get(`/api/${route}/:id`, async ({ params }, reply) => {
      const file = index.fileOf(params.id);
      if (!file) return reply.status(404).send({ error: "no such picture" });
      const small = await sharp(file)
        .rotate()
        .resize(side, side, { fit: "inside", withoutEnlargement: true })
        .webp({ quality: 80 })
        .toBuffer();
      return reply.type("image/webp").header("cache-control", "max-age=3600").send(small);
    });
  app.setErrorHandler((error, _, reply) =>
    reply.status(error.statusCode ?? 400).send({ error: error.message }),
  );
  return app;
}
