// npm run test:gpu: every model case on the card, in each storage, beside what transformers computed. Writes bench/results/parity.<card>.md and ends with 1 past a bar.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCudaSession } from "@sigil/runtime-cuda";
import { bars, distanceOf, isWithin } from "../../build/test/support/bars.js";
import { goldenCase } from "../../build/test/support/golden-cases.js";
import { runCase } from "../../build/test/support/run-case.js";
import { cases, storages } from "./models.mjs";
import { openModel, weightsOf } from "./open-model.mjs";

const { values } = parseArgs({ options: { only: { type: "string", multiple: true }, driver: { type: "string" }, path: { type: "string", default: "auto" } } });

async function measure(name, storage) {
  const golden = await goldenCase(name);
  const artifact = openModel(`${name}.${storage}`);
  const session = await openCudaSession(artifact, weightsOf(artifact.plan, golden.seed), { onWarning: () => {}, path: values.path, ...(values.driver && { driver: values.driver }) });
  const { backend, path, device } = session;
  const actual = await runCase(golden, session);
  const distance = await distanceOf(golden, actual);
  return { name, storage, path, backend, device, embeddings: distance.embeddings?.worst, cosine: distance.embeddings?.cosine, scaled: distance.scaled, passed: isWithin(distance, bars[storage]) };
}

const rows = [];
for (const name of values.only ?? cases)
  for (const storage of storages) {
    const row = await measure(name, storage).catch((error) => ({ name, storage, path: "", error: `${error.name}: ${error.message}`, passed: false }));
    rows.push(row);
    console.log(`${row.passed ? "ok  " : "FAIL"} ${name.padEnd(28)} ${storage.padEnd(9)} ${row.error ?? `${row.path.padEnd(9)} embeddings ${row.embeddings?.toExponential(1) ?? "-"}, cosine ${row.cosine?.toFixed(7) ?? "-"}, all outputs ${row.scaled.toExponential(1)}`}`);
  }
const card = rows.find(({ device }) => device)?.device.name ?? "no card";
const exponential = (x) => (x === undefined ? "-" : x.toExponential(1));
const table = ["| case | storage | kernels | embeddings off by | least cosine | any output, over its largest | |", "| --- | --- | --- | ---: | ---: | ---: | --- |", ...rows.map((row) => `| ${row.name} | ${row.storage} | ${row.path} | ${exponential(row.embeddings)} | ${row.cosine?.toFixed(7) ?? "-"} | ${exponential(row.scaled)} | ${row.error ?? (row.passed ? "within its bar" : "past its bar")} |`)];
const folder = join(import.meta.dirname, "..", "results");
mkdirSync(folder, { recursive: true });
const file = join(folder, `parity.${card.replace(/[^\w]+/g, "-")}.md`);
writeFileSync(file, `# CUDA beside transformers: ${card}\n\n${rows.find(({ backend }) => backend)?.backend ?? ""}\n\n${table.join("\n")}\n`);
const failed = rows.filter(({ passed }) => !passed).length;
console.log(`\n${file}\n${rows.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
