/**
 * How far bfloat16 embeddings are from float32's: the same weights and inputs through both models
 * on one card.
 */
import { comparedBatch, timedName } from "./models.mjs";
import { SigilTower } from "./tower.mjs";

/** Of all time, until when this goes on. */
export const accuracyShare = 0.88;

async function embeddingsOf(name, tower) {
  const opened = await SigilTower.open(name, { ...tower, exact: true });
  try {
    const { outputs } = await opened.run(comparedBatch, opened.inputs(comparedBatch, 5));
    return { data: Object.values(outputs)[0].data, width: Object.values(outputs)[0].shape.at(-1) };
  } finally {
    await opened.close();
  }
}

/** Differences of elements of embeddings scaled to length 1, and the least cosine. */
export function differenceOf(actual, expected, width) {
  let [worst, sum, least] = [0, 0, 1];
  for (let row = 0; row < expected.length / width; row++) {
    const [a, b] = [actual, expected].map((data) => data.subarray(row * width, (row + 1) * width));
    const dot = (x, y) => x.reduce((total, value, i) => total + value * y[i], 0);
    const [lengthA, lengthB] = [Math.sqrt(dot(a, a)), Math.sqrt(dot(b, b))];
    least = Math.min(least, dot(a, b) / (lengthA * lengthB));
    for (let i = 0; i < width; i++) {
      const error = Math.abs(a[i] / lengthA - b[i] / lengthB);
      worst = Number.isNaN(error) ? NaN : Math.max(worst, error);
      sum += error;
    }
  }
  return { worst, mean: sum / expected.length, cosine: least };
}

export async function compareStorages(entry, { options, log }) {
  const name = timedName(entry);
  const [actual, expected] = [
    await embeddingsOf(name, options.tower),
    await embeddingsOf(`${name}.float32`, options.tower),
  ];
  const found = { name, ...differenceOf(actual.data, expected.data, expected.width) };
  log(
    `  ${name}: embeddings in bfloat16 off by ${found.worst.toExponential(1)} at most, ` +
      `${found.mean.toExponential(1)} on average, cosine at least ${found.cosine.toFixed(6)}`,
  );
  return found;
}
