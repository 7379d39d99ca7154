/** The forward alone, by the card's clock: Sigil's beside each configuration of PyTorch. */
import { configOf, timedName } from "./models.mjs";
import { compareSides, inTurns, median, quantile } from "./rounds.mjs";
import { SigilTower } from "./tower.mjs";

/** Enough for a median, few enough for the bound. */
const enough = (batch) => (batch >= 64 ? 50 : 100);

/** Rows of one tower, one for each batch; what PyTorch ran in its first configuration is said once. */
export async function timeForward(entry, { options, torch, budget, log }) {
  const name = timedName(entry);
  const tower = await SigilTower.open(name, options.tower);
  const about = { name, path: tower.path, device: tower.device, cold: tower.cold, memory: tower.memory, imageBytes: tower.imageBytes };
  const rows = [];
  try {
    about.cold.first = (await tower.run(1)).milliseconds;
    log(`${name}: ${tower.path} kernels on ${tower.device.name}, loaded in ${tower.loadSeconds.toFixed(1)} s`);
    for (const batch of entry.batches) if (budget.allows(`${name} at ${batch}`, forwardShare, 0.05)) rows.push({ ...about, ...(await timeBatch(entry, tower, batch, { options, torch, budget, log })) });
  } finally {
    await torch.ask({ do: "unload" });
    await tower.close();
  }
  return rows;
}

/** Of all time, until when forwards are timed. */
export const forwardShare = 0.65;

async function timeBatch(entry, tower, batch, { options, torch, budget, log }) {
  const most = entry.batches.at(-1);
  const count = options.iterations ?? enough(batch);
  const ours = (runs) => tower.times(batch, runs);
  await tower.run(batch);
  const tried = [];
  for (const variant of options.variants) {
    // Compiling costs up to a minute each: at the first and last batch, and while there is time.
    if (/compile|autotune/.test(variant) && ![1, most].includes(batch)) continue;
    if (/compile|autotune/.test(variant) && !budget.allows(`${variant} of ${timedName(entry)} at ${batch}`, forwardShare, 0.15)) continue;
    const loaded = await torch.ask({ do: "load", tower: entry.tower, config: configOf(entry), batch, variant });
    if (loaded.error) {
      tried.push({ variant, error: loaded.error });
      if (torch.missing) break;
      continue;
    }
    let failed;
    const theirs = async (iterations) => {
      const answer = await torch.ask({ do: "time", iterations });
      failed ??= answer.error;
      return answer.milliseconds ?? [Infinity];
    };
    const turns = await inTurns({ ours, theirs }, count);
    if (failed) tried.push({ variant, error: failed });
    else tried.push({ variant, attention: loaded.attention, milliseconds: median(turns.theirs.flat()), turns, bytes: (await torch.ask({ do: "memory" })).bytes });
    if (variant === "eager" && batch === most && !failed) {
      const { kernels = [] } = await torch.ask({ do: "kernels" });
      log(`  PyTorch's eager forward at batch ${batch}: ${kernels.map(({ name, count: times, microseconds }) => `${name} (${times}, ${microseconds.toFixed(0)} us)`).join("; ")}`);
    }
  }
  const best = tried.filter(({ turns }) => turns).sort((a, b) => a.milliseconds - b.milliseconds)[0];
  const alone = best ? undefined : await inTurns({ ours }, count);
  const times = (best?.turns ?? alone).ours.flat();
  const row = { batch, median: median(times), low: quantile(times, 0.1), high: quantile(times, 0.9), flops: (tower.flops * batch) / most, best, compared: best && compareSides(best.turns), tried };
  const shown = torch.missing ? [] : tried.map(({ variant, error, milliseconds, attention, turns }) => (error ? `${variant}: ${error.slice(0, 90)}` : `${variant}${attention ? ` (${attention} attention)` : ""} ${milliseconds.toFixed(3)} ms, ours beside it ${median(turns.ours.flat()).toFixed(3)}`));
  log(`  batch ${batch}: ${row.median.toFixed(3)} ms, ${((1e3 * batch) / row.median).toFixed(0)}/s${shown.length > 0 ? `; ${shown.join("; ")}` : ""}`);
  return row;
}
