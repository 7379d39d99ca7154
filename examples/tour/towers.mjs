import { ModelProcessor, SiglipModel } from "@sigil/runtime";
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

// A class that sigil compile wrote says itself what it takes.
const processor = new ModelProcessor(
  { imageSize: { height: 64, width: 64 }, textLength: 16 },
  checkpoint,
);
const picture = await decodeImage(`${folder}/samples/pink-heart.png`);
const image = await model.getImageFeatures(processor.images([picture]));
const texts = ["This is a photo of a pink heart.", "This is a photo of a blue square."];
const text = await model.getTextFeatures(processor.texts(texts));

const { logitsPerImage } = await model.scores(image, text);
texts.forEach((name, i) =>
  console.log(name, (1 / (1 + Math.exp(-logitsPerImage.data[i]))).toFixed(4)),
);
await model.dispose();
await checkpoint.close();
