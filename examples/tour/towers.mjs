import { readFileSync } from "node:fs";
import { SiglipImageProcessor, SiglipModel, SiglipTokenizer } from "@sigil/runtime";
import { decodeImage, openCheckpoint } from "@sigil/runtime/node";
import { openCpuSession } from "@sigil/runtime-cpu";
import { compile } from "@sigil/compiler";
import { loadSpec } from "@sigil/spec";

const folder = "test/fixtures/checkpoints/siglip-shapes";
const checkpoint = await openCheckpoint(folder);
const { plan, cpu } = await compile(loadSpec(folder));
// Lazy: each tower is loaded when it is first used.
const model = new SiglipModel(
  await openCpuSession({ plan, wasm: cpu }, checkpoint.weights, { lazy: true }),
);

const processor = SiglipImageProcessor.fromConfig(checkpoint.preprocessorConfig);
const { pixelValues, shape } = processor.preprocess([
  await decodeImage(`${folder}/samples/pink-heart.png`),
]);
const image = await model.getImageFeatures({ pixelValues: { data: pixelValues, shape } });

const tokenizer = SiglipTokenizer.fromSpiece(
  readFileSync(checkpoint.paths["spiece.model"]),
  checkpoint.tokenizerConfig,
);
const texts = ["This is a photo of a pink heart.", "This is a photo of a blue square."];
const { inputIds } = tokenizer.encode(texts, {
  padding: "max_length",
  truncation: true,
  maxLength: 16,
});
const text = await model.getTextFeatures({ inputIds });

const { logitsPerImage } = await model.scores(image, text);
texts.forEach((name, i) =>
  console.log(name, (1 / (1 + Math.exp(-logitsPerImage.data[i]))).toFixed(4)),
);
await model.dispose();
await checkpoint.close();
