import {
  ImageClassification,
  SiglipForImageClassification,
  syntheticWeights,
} from "@sigil/runtime";
import { openCpuSession } from "@sigil/runtime-cpu";
import { compile } from "@sigil/compiler";
import { parseSpec } from "@sigil/spec";

const config = {
  architectures: ["SiglipForImageClassification"],
  id2label: { 0: "a heron", 1: "a stork", 2: "a crane" },
  vision_config: {
    hidden_size: 64,
    intermediate_size: 128,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    image_size: 32,
    patch_size: 8,
  },
};
const { plan, cpu } = await compile(parseSpec(JSON.stringify(config), { file: "birds.json" }));
// Weights from nothing; a checkpoint's come from openCheckpoint or openSafetensors.
const weights = syntheticWeights(
  Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
  3,
);
const model = new SiglipForImageClassification(await openCpuSession({ plan, wasm: cpu }, weights));

const pixelValues = { data: new Float32Array(3 * 32 * 32), shape: [1, 3, 32, 32] };
const { loss } = await model.forward({ pixelValues, labels: [1] });
const [best] = await new ImageClassification(model).classify(pixelValues, { topK: 2 });
console.log(
  "loss",
  loss.toFixed(4),
  best.map(({ label, score }) => `${label} ${score.toFixed(4)}`).join(", "),
);
await model.dispose();
