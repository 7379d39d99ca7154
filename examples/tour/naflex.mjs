import { Siglip2ImageProcessor, Siglip2VisionModel, syntheticWeights } from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import { openCpuSession } from "@sigil/runtime-cpu";
import { compile } from "@sigil/compiler";
import { parseSpec } from "@sigil/spec";

// Compute grows with max_num_patches; pictures have any aspect ratio within it.
const spec = {
  name: "small-naflex",
  architecture: "siglip2-vision",
  max_num_patches: 64,
  config: {
    hidden_size: 64,
    intermediate_size: 128,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    patch_size: 8,
    num_patches: 64,
  },
};
const { plan, cpu } = await compile(parseSpec(JSON.stringify(spec), { file: "naflex.json" }));
const weights = syntheticWeights(
  Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
  3,
);
const model = new Siglip2VisionModel(await openCpuSession({ plan, wasm: cpu }, weights));

const processor = new Siglip2ImageProcessor({ patchSize: 8, maxNumPatches: 64 });
const inputs = processor.preprocess([
  await decodeImage("test/fixtures/images/source/png-scene-640x480.png"),
  await decodeImage("test/fixtures/checkpoints/siglip-shapes/samples/pink-heart.png"),
]);
console.log("patches", inputs.pixelValues.shape, "grids", ...inputs.spatialShapes.data);
const { poolerOutput } = await model.forward(inputs);
console.log("embeddings", poolerOutput.shape);
await model.dispose();
