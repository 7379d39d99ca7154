import { ModelProcessor, ZeroShotImageClassification } from "@sigil/runtime";
import { decodeImage, openCheckpoint } from "@sigil/runtime/node";
import { SiglipShapes } from "../../../siglip/index.js";

const labels = ["a red circle", "a blue square"];
let opened;

async function open() {
  const checkpoint = await openCheckpoint("public/model");
  const processor = new ModelProcessor(SiglipShapes, checkpoint);
  const model = await SiglipShapes.load(checkpoint.weights, { backend: "cpu" });
  const { textLength } = SiglipShapes;
  return {
    processor,
    classifier: new ZeroShotImageClassification(model, processor.tokenizer, textLength),
  };
}

/** The picture is the body. */
export async function POST(request) {
  const { processor, classifier } = await (opened ??= open());
  const image = await decodeImage(new Uint8Array(await request.arrayBuffer()));
  const [scores] = await classifier.classify(processor.images([image]), labels);
  return Response.json(scores);
}
