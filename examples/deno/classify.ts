// deno run -A classify.ts MODEL PICTURE LABEL...
import { zeroShotImageClassification } from "sigil";

const [model, picture, ...labels] = Deno.args;
if (model === undefined || picture === undefined) throw new Error("give MODEL PICTURE LABEL...");
const classify = await zeroShotImageClassification(model);
for (const { label, score } of await classify(picture, labels))
  console.log(score.toFixed(4), label);
await classify.dispose();
