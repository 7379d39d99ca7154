// `node main.mjs FOLDER --model MODEL`: embeds the pictures of a folder, then serves a page that
// searches them by words or by a picture. Vectors are kept in FOLDER/.sigil-search.
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { imageFeatures, textFeatures } from "sigil";
import { PictureIndex } from "./picture-index.mjs";
import { createServer } from "./server.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string", default: "google/siglip2-base-patch16-224" },
    port: { type: "string", default: "5173" },
  },
});
if (positionals.length !== 1) {
  console.error("usage: node main.mjs FOLDER [--model MODEL] [--port PORT]");
  process.exit(2);
}
const folder = resolve(positionals[0]);
const { model } = values;
const progress = ({ stage, file, loadedBytes, totalBytes }) =>
  status(`${stage} ${file ?? model}: ${Math.round((100 * loadedBytes) / totalBytes)} %`);

const embedImages = await imageFeatures(model, { onProgress: progress });
const embedTexts = await textFeatures(model, { onProgress: progress });
const index = await PictureIndex.open(folder, join(folder, ".sigil-search"), model);
const { unreadable } = await index.update(embedImages, (done, total) =>
  status(`embedding ${done} of ${total} pictures`),
);
status("");
for (const problem of unreadable) console.error(`left out: ${problem}`);

const app = await createServer({ index, embedImages, embedTexts });
const address = await app.listen({ port: Number(values.port), host: "127.0.0.1" });
console.log(`${index.size} pictures of ${folder} at ${address}`);

for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, async () => {
    await app.close();
    await Promise.all([embedImages.dispose(), embedTexts.dispose()]);
    process.exit();
  });

/** One line that is written over, where there is a terminal. */
function status(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
