import { readFileSync } from "node:fs";
import { SiglipImageProcessor, SiglipTokenizer, ZeroShotImageClassification } from "@sigil/runtime";
import { decodeImage, openCheckpoint } from "@sigil/runtime/node";
import { SiglipShapes } from "./generated/index.js";

/** Probabilities of a red circle on this thread, on two threads, and on two of a worker's. */
export async function classify() {
  const checkpoint = await openCheckpoint("model");
  const tokenizer = SiglipTokenizer.fromSpiece(
    readFileSync(checkpoint.paths["spiece.model"]),
    checkpoint.tokenizerConfig,
  );
  const processor = SiglipImageProcessor.fromConfig(checkpoint.preprocessorConfig);
  const { pixelValues, shape } = processor.preprocess([
    await decodeImage("model/samples/red-circle.png"),
  ]);
  const found = [];
  for (const options of [{ threads: 1 }, { threads: 2 }, { threads: 2, worker: true }]) {
    const model = await SiglipShapes.load(checkpoint.weights, { backend: "cpu", ...options });
    const classifier = new ZeroShotImageClassification(model, tokenizer, SiglipShapes.textLength);
    const pixels = { data: pixelValues, shape };
    const [scores] = await classifier.classify(pixels, ["a red circle", "a blue square"]);
    found.push(scores.find(({ label }) => label === "a red circle").score);
    await model.dispose();
  }
  await checkpoint.close();
  return found;
}
