import {
  decodeImageBlob,
  openSafetensors,
  SiglipImageProcessor,
  SiglipTokenizer,
  urlSource,
  ZeroShotImageClassification,
} from "@sigil/runtime";
import { SiglipShapes } from "./generated/index.js";

const get = (file) => fetch(`/model/${file}`);
const json = async (file) => (await get(file)).json();

/** Probabilities of a red circle, by backend, on this thread and in a worker. */
window.classify = async () => {
  const weights = await openSafetensors(urlSource(new URL("/model/model.safetensors", location)));
  const bytes = new Uint8Array(await (await get("spiece.model")).arrayBuffer());
  const tokenizer = SiglipTokenizer.fromSpiece(bytes, await json("tokenizer_config.json"));
  const processor = SiglipImageProcessor.fromConfig(await json("preprocessor_config.json"));
  const image = await decodeImageBlob(await (await get("samples/red-circle.png")).blob());
  const { pixelValues, shape } = processor.preprocess([image]);
  const found = {};
  for (const backend of ["cpu", "webgpu"])
    for (const options of [{ threads: 2 }, { threads: 2, worker: true }]) {
      const model = await SiglipShapes.load(weights, { backend, ...options });
      const classifier = new ZeroShotImageClassification(model, tokenizer, SiglipShapes.textLength);
      const [scores] = await classifier.classify({ data: pixelValues, shape }, [
        "a red circle",
        "a blue square",
      ]);
      found[`${backend}${options.worker ? " in a worker" : ""}`] = scores.find(
        ({ label }) => label === "a red circle",
      ).score;
      await model.dispose();
    }
  return found;
};
window.ready = true;
