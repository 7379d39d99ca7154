// npm run bench:gpu: Sigil's towers beside transformers on the same card in the same run. Bounded by --seconds (default 540); prints its table last and writes it to bench/results.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadSpec, specPath } from "@sigil/spec";
import { timed, timedName } from "./models.mjs";
import { PyTorch, variants } from "./pytorch.mjs";
import { SigilTower } from "./tower.mjs";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "540" }, only: { type: "string", multiple: true }, driver: { type: "string" }, python: { type: "string" } } });
const deadline = performance.now() + 1e3 * Number(values.seconds);
const secondsLeft = () => (deadline - performance.now()) / 1e3;
const quantile = (times, q) => times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(q * times.length))];
const smi = (query) => {
  try {
    return execFileSync("nvidia-smi", [`--query-gpu=${query}`, "--format=csv,noheader"], { encoding: "utf8" }).trim();
  } catch (error) {
    return `not known (${error.code ?? "nvidia-smi failed"})`;
  }
};

const warm = 20;
/** Enough for a median, few enough for the bound. */
const counted = (batch) => (batch >= 64 ? 50 : 100);

/** Ours and theirs in turns, twice, since clocks drift; every time of each side. */
async function inTurns(sides, batch) {
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (const time of Object.values(sides)) await time(warm);
  for (let turn = 0; turn < 2; turn++) for (const [name, time] of Object.entries(sides)) times[name].push(...(await time(counted(batch) / 2)));
  return times;
}

const torch = new PyTorch(values.python);
const ceilings = await torch.ask({ do: "ceilings" });
const withTorch = ceilings.error === undefined;
console.log(`before: ${smi("name,clocks.sm,power.draw,driver_version")}`);
console.log(withTorch ? `${ceilings.device}, torch ${ceilings.torch}: ${ceilings.teraflops.toFixed(0)} TFLOP/s in an 8192^3 bfloat16 product, ${ceilings.terabytes.toFixed(2)} TB/s in a copy` : `no PyTorch side: ${ceilings.error}`);

const rows = [];
const skipped = [];
for (const entry of timed.filter((candidate) => !values.only || values.only.includes(timedName(candidate)))) {
  const name = timedName(entry);
  const config = loadSpec(specPath(entry.spec)).config[`${entry.tower}_config`];
  const tower = await SigilTower.open(name, values.driver ? { driver: values.driver } : {});
  console.log(`\n${name}: ${tower.path} kernels on ${tower.device.name}, loaded in ${tower.loadSeconds.toFixed(1)} s`);
  const most = entry.batches.at(-1);
  for (const batch of entry.batches) {
    if (secondsLeft() < 45) {
      skipped.push(`${name} at ${batch}`);
      continue;
    }
    const hostToHost = [];
    for (let i = 0; i < 3; i++) hostToHost.push(await tower.run(batch));
    const flops = (tower.flops * batch) / most;
    const best = { variant: undefined, milliseconds: Infinity, ours: undefined };
    const tried = [];
    // Compiling variants costs up to a minute each: at the first and last batch, and while there is time.
    for (const variant of withTorch ? variants : []) {
      if (/compile|autotune/.test(variant) && (secondsLeft() < 150 || ![1, most].includes(batch))) continue;
      const loaded = await torch.ask({ do: "load", tower: entry.tower, config, batch, variant });
      if (loaded.error) {
        tried.push(`${variant}: ${loaded.error.slice(0, 80)}`);
        continue;
      }
      const theirs = async (iterations) => (await torch.ask({ do: "time", iterations })).milliseconds ?? [Infinity];
      const times = await inTurns({ ours: (count) => tower.times(batch, count), theirs }, batch);
      const [ours, other] = [quantile(times.ours, 0.5), quantile(times.theirs, 0.5)];
      tried.push(`${variant} ${other.toFixed(3)} ms (ours beside it ${ours.toFixed(3)})`);
      if (other < best.milliseconds) Object.assign(best, { variant, milliseconds: other, ours: times.ours });
    }
    await torch.ask({ do: "unload" });
    const ours = best.ours ?? [...(await tower.times(batch, warm)), ...(await tower.times(batch, counted(batch)))].slice(warm);
    const median = quantile(ours, 0.5);
    const row = { name, batch, median, low: quantile(ours, 0.1), high: quantile(ours, 0.9), perSecond: (1e3 * batch) / median, teraflops: flops / median / 1e9, hostToHost: quantile(hostToHost, 0.5), best };
    rows.push(row);
    console.log(`  batch ${batch}: ${median.toFixed(3)} ms, ${row.perSecond.toFixed(0)}/s, ${row.teraflops.toFixed(0)} TFLOP/s; ${tried.join("; ")}`);
  }
  await tower.close();
  await profile(name, most).catch((error) => console.log(`  no profile: ${error.message}`));
}

/** Where the time goes, by kernel, at the largest batch. */
async function profile(name, batch) {
  if (secondsLeft() < 30) return;
  const tower = await SigilTower.open(name, { profile: true, ...(values.driver && { driver: values.driver }) });
  await tower.run(batch);
  await tower.run(batch);
  const byKernel = new Map();
  for (const { kernel, origins, microseconds } of tower.launches()) {
    const known = byKernel.get(kernel) ?? { count: 0, microseconds: 0, origin: origins[0] };
    byKernel.set(kernel, { ...known, count: known.count + 1, microseconds: known.microseconds + microseconds });
  }
  const total = [...byKernel.values()].reduce((sum, { microseconds }) => sum + microseconds, 0);
  console.log(`  launches one by one at batch ${batch}, ${(total / 1e3).toFixed(2)} ms in all:`);
  for (const [kernel, { count, microseconds, origin }] of [...byKernel].sort(([, a], [, b]) => b.microseconds - a.microseconds).slice(0, 12)) console.log(`    ${((100 * microseconds) / total).toFixed(1).padStart(5)} %  ${(microseconds / count).toFixed(1).padStart(8)} us x ${String(count).padStart(2)}  ${kernel}  ${origin}`);
  await tower.close();
}

torch.close();
const percent = (row) => (withTorch ? `${((100 * row.teraflops) / ceilings.teraflops).toFixed(0)} %` : "-");
const table = [
  "| tower | batch | ms (10 to 90 %) | items/s | TFLOP/s | of the product's | host to host, ms | best PyTorch, ms | faster by |",
  "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: |",
  ...rows.map((row) => `| ${row.name} | ${row.batch} | ${row.median.toFixed(3)} (${row.low.toFixed(3)} to ${row.high.toFixed(3)}) | ${row.perSecond.toFixed(0)} | ${row.teraflops.toFixed(0)} | ${percent(row)} | ${row.hostToHost.toFixed(2)} | ${row.best.variant ? `${row.best.milliseconds.toFixed(3)} (${row.best.variant})` : "-"} | ${row.best.variant ? (row.best.milliseconds / row.median).toFixed(2) : "-"} |`),
];
const card = rows.length > 0 && withTorch ? ceilings.device : smi("name");
const text = [`# Towers on ${card}`, "", `bfloat16, random weights and inputs. ${withTorch ? `${ceilings.teraflops.toFixed(0)} TFLOP/s in an 8192^3 product, ${ceilings.terabytes.toFixed(2)} TB/s in a copy, torch ${ceilings.torch}.` : "Without a PyTorch side."}`, `After: ${smi("name,clocks.sm,power.draw,driver_version")}`, "", ...table, ...(skipped.length > 0 ? ["", `Not timed for want of time: ${skipped.join(", ")}.`] : []), ""].join("\n");
const folder = join(import.meta.dirname, "..", "results");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, `towers.${card.replace(/[^\w]+/g, "-")}.md`), text);
console.log(`\n${text}`);
