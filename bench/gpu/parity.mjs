// npm run test:gpu: every model case on the card, in each storage, beside what transformers
// computed. Writes bench/results/parity.<card>.md (or into --out) and ends with 1
// past a bar. --emulated rehearses it without a card, where --only names small cases.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCudaSession, openDevice } from "@sigil/runtime-cuda";
import { bars, distanceOf, isWithin } from "../../build/test/support/bars.js";
import { goldenCase } from "../../build/test/support/golden-cases.js";
import { runCase } from "../../build/test/support/run-case.js";
import { fileName } from "./card.mjs";
import { cases, storages } from "./models.mjs";
import { openModel, weightsOf } from "./open-model.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    driver: { type: "string" },
    path: { type: "string", default: "auto" },
    emulated: { type: "boolean", default: false },
    programmatic: { type: "boolean", default: false },
    out: { type: "string" },
  },
});
const names = values.only ?? cases;
const models = values.emulated
  ? { models: join(import.meta.dirname, "..", "..", "build", "gpu", "rehearsal"), emulated: true }
  : {};
const driver = values.emulated
  ? await (await import("./rehearse.mjs")).prepareCases(models, names)
  : values.driver;
// First, so that a machine without a driver is told at once and nothing is written.
const card = await openDevice(driver ? { driver } : {}).then(
  async ({ native, info }) => (await native.close(), info.name),
  (error) => {
    console.error(`${error.name}: ${error.message}`);
    process.exit(1);
  },
);

async function measure(name, storage) {
  const golden = await goldenCase(name);
  const artifact = openModel(`${name}.${storage}`, models);
  const session = await openCudaSession(artifact, weightsOf(artifact.plan, golden.seed), {
    onWarning: () => {},
    path: values.path,
    programmaticLaunch: values.programmatic,
    ...(driver && { driver }),
  });
  const { backend, path } = session;
  const actual = await runCase(golden, session);
  const distance = await distanceOf(golden, actual);
  return {
    name,
    storage,
    path,
    backend,
    embeddings: distance.embeddings?.worst,
    cosine: distance.embeddings?.cosine,
    scaled: distance.scaled,
    passed: isWithin(distance, bars[storage]),
  };
}

const rows = [];
for (const name of names)
  for (const storage of storages) {
    const row = await measure(name, storage).catch((error) => ({
      name,
      storage,
      path: "",
      error: `${error.name}: ${error.message}`,
      passed: false,
    }));
    rows.push(row);
    console.log(
      `${row.passed ? "ok  " : "FAIL"} ${name.padEnd(28)} ${storage.padEnd(9)} ` +
        (row.error ??
          `${row.path.padEnd(9)} embeddings ${row.embeddings?.toExponential(1) ?? "-"}, cosine ` +
            `${row.cosine?.toFixed(7) ?? "-"}, all outputs ${row.scaled.toExponential(1)}`),
    );
  }
const exponential = (x) => (x === undefined ? "-" : x.toExponential(1));
const table = [
  "| case | storage | kernels | embeddings off by | least cosine | any output, over its " +
    "largest | |",
  "| --- | --- | --- | ---: | ---: | ---: | --- |",
  ...rows.map(
    (row) =>
      `| ${row.name} | ${row.storage} | ${row.path} | ${exponential(row.embeddings)} | ` +
      `${row.cosine?.toFixed(7) ?? "-"} | ${exponential(row.scaled)} | ` +
      `${row.error ?? (row.passed ? "within its bar" : "past its bar")} |`,
  ),
];
const folder = values.out ?? join(import.meta.dirname, "..", "results");
mkdirSync(folder, { recursive: true });
const file = join(folder, `parity.${fileName(card)}.md`);
writeFileSync(
  file,
  "# CUDA beside transformers: " +
    `${card}\n\n${rows.find(({ backend }) => backend)?.backend ?? ""}\n\n${table.join("\n")}\n`,
);
const failed = rows.filter(({ passed }) => !passed).length;
console.log(`\n${file}\n${rows.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
