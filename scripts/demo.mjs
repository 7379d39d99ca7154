// Compiles the small checkpoint that ships with the tests and classifies its sample pictures on the
// CPU.
import { readdirSync } from "node:fs";
import { $ } from "zx";

$.verbose = false;
const model = "test/fixtures/checkpoints/siglip-shapes";
const labels =
  "a red circle,a blue square,a green triangle,a yellow star,a pink heart,a black ring,a " +
  "purple diamond,an orange cross";
const samples = readdirSync(`${model}/samples`).map((file) => `${model}/samples/${file}`);
console.log((await $`node cli/bin/sigil.js compile ${model} --out build/siglip-shapes`).stdout);
console.log(
  (await $`node cli/bin/sigil.js classify ${samples} --labels ${labels} --model ${model} --top 3`)
    .stdout,
);
console.log(`Next, with a checkpoint of your own (a folder with config.json, model.safetensors,
preprocessor_config.json and spiece.model):
  npx sigil classify photo.jpg --labels "a cat,a dog" --model path/to/checkpoint
  npx sigil compile path/to/checkpoint --out src/generated/my-siglip`);
