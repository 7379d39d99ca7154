import { SiglipVisionModel } from "@sigil/runtime";
import { openCheckpoint } from "@sigil/runtime/node";
import { openCpuSession } from "@sigil/runtime-cpu";
import { compile } from "@sigil/compiler";
import { loadSpec } from "@sigil/spec";

const folder = "test/fixtures/checkpoints/siglip-shapes";
const checkpoint = await openCheckpoint(folder);
// The first and the last hidden state, and every attention map: outputs of this module and of no
// other.
const spec = {
  ...loadSpec(folder, { architecture: "siglip-vision" }),
  hiddenStates: [0, 5],
  attentions: true,
};
const { plan, cpu } = await compile(spec);
const model = new SiglipVisionModel(await openCpuSession({ plan, wasm: cpu }, checkpoint.weights));

const output = await model.forward({
  pixelValues: { data: new Float32Array(3 * 64 * 64), shape: [1, 3, 64, 64] },
});
console.log(
  "hidden states of",
  Object.keys(output.hiddenStates).join(" and "),
  "in",
  output.hiddenStates[5].shape,
);
console.log("attention maps:", output.attentions.length, "of", output.attentions[0].shape);
await model.dispose();
await checkpoint.close();
