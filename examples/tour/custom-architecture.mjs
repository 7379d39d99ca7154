import { SiglipVisionModel, syntheticWeights } from "@sigil/runtime";
import { openCpuSession } from "@sigil/runtime-cpu";
import { compile } from "@sigil/compiler";
import { parseSpec } from "@sigil/spec";

// gated.json is an architecture document: RMSNorm, a gated MLP, mean pooling. The compiler has
// never heard of it.
const spec = {
  name: "my-gated",
  architecture: "./gated.json",
  config: {
    vision_config: {
      hidden_size: 32,
      intermediate_size: 48,
      num_attention_heads: 1,
      image_size: 32,
      patch_size: 8,
    },
  },
};
const { plan, cpu, bindings } = await compile(
  parseSpec(JSON.stringify(spec), { file: "examples/tour/my-gated.json" }),
);
const weights = syntheticWeights(
  Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
  3,
);
const model = new SiglipVisionModel(await openCpuSession({ plan, wasm: cpu }, weights));

const { poolerOutput } = await model.forward({
  pixelValues: { data: new Float32Array(3 * 32 * 32).fill(0.5), shape: [1, 3, 32, 32] },
});
console.log(
  "pooled",
  poolerOutput.shape,
  "from",
  plan.programs[0].launches.length,
  "kernels;",
  /class \w+ extends [\w.]+/.exec(bindings)[0],
);
await model.dispose();
