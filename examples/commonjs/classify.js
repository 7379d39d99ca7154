// node classify.js MODEL PICTURE LABEL...
const { zeroShotImageClassification } = require("sigil");

async function main([model, picture, ...labels]) {
  const classify = await zeroShotImageClassification(model);
  for (const { label, score } of await classify(picture, labels))
    console.log(score.toFixed(4), label);
  await classify.dispose();
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
