// POST /classify with an `image` and `labels`: their probabilities. MODEL and PORT by arguments.
import multipart from "@fastify/multipart";
import fastify from "fastify";
import { SigilError, zeroShotImageClassification } from "sigil";

const [model, port = "8080"] = process.argv.slice(2);
/** Requests that wait for the model; more are told to come back. */
const most = 16;

const classify = await zeroShotImageClassification(model);
const app = fastify();
await app.register(multipart, { limits: { files: 1, fileSize: 16 << 20 } });

let waiting = 0;
app.post("/classify", async (request, reply) => {
  if (waiting >= most) return reply.code(503).header("retry-after", 1).send({ error: "busy" });
  waiting++;
  try {
    let image;
    const labels = [];
    for await (const part of request.parts()) {
      if (part.type === "file") image = await part.toBuffer();
      else if (part.fieldname === "labels") labels.push(part.value);
    }
    return await classify(image, labels);
  } catch (error) {
    // What is wrong with a picture or a label is the client's to know; anything else is not.
    if (error instanceof SigilError) return reply.code(400).send({ error: error.message });
    throw error;
  } finally {
    waiting--;
  }
});

for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, async () => {
    // Requests under way are answered first.
    await app.close();
    await classify.dispose();
  });

console.log(await app.listen({ port: Number(port) }));
