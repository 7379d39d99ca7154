/**
 * What a caller sees: from bytes in memory to embeddings in memory, one call after the other, and
 * with two sessions at once for some seconds.
 */
import { configOf, timedName } from "./models.mjs";
import { median, quantile } from "./rounds.mjs";
import { SigilTower } from "./tower.mjs";

/** Of all time, until when this goes on. */
export const hostShare = 0.82;
/** Seconds of two sessions at once, where there is time. */
const sustainedSeconds = 10;
/**
 * Inputs that are taken in turns: together more than an L2, and no more than a few seconds to make.
 */
const rotatedBytes = 192 * 2 ** 20;

/** A set of inputs for each call to take its own. */
function inputSets(tower, batch) {
  const first = tower.inputs(batch, 1);
  const bytes = Object.values(first).reduce((sum, data) => sum + data.byteLength, 0);
  const count = Math.max(2, Math.min(16, Math.floor(rotatedBytes / bytes)));
  return [first, ...Array.from({ length: count - 1 }, (_, i) => tower.inputs(batch, i + 2))];
}

/** Rows of one tower: pictures as bytes, texts as ids. */
export async function timeHost(entry, { options, torch, budget, log }) {
  const name = entry.tower === "vision" ? `${timedName(entry)}.uint8` : timedName(entry);
  const towers = [await SigilTower.open(name, options.tower)];
  const rows = [];
  try {
    const most = entry.batches.at(-1);
    for (const batch of [...new Set([1, Math.min(32, most), most])]) {
      if (!budget.allows(`${name} from host to host at ${batch}`, hostShare, 0.03)) continue;
      const sets = inputSets(towers[0], batch);
      const times = await oneByOne(
        towers[0],
        batch,
        sets,
        options.iterations ?? (batch >= 64 ? 10 : 50),
      );
      const theirs = await theirHost(entry, batch, torch, options.iterations ?? 10);
      const row = {
        name,
        batch,
        median: median(times),
        low: quantile(times, 0.1),
        high: quantile(times, 0.9),
        theirs,
      };
      if (budget.allows(`two sessions of ${name} at ${batch}`, hostShare, 0.03)) {
        if (towers.length === 1) towers.push(await SigilTower.open(name, options.tower));
        row.sustained = await sustained(
          towers,
          batch,
          sets,
          options.emulated ? 1 : Math.min(sustainedSeconds, 0.02 * options.seconds),
        );
      }
      rows.push(row);
      log(
        `  ${name} at ${batch}: ${row.median.toFixed(2)} ms from host to ` +
          "host" +
          (row.sustained
            ? `, ${row.sustained.perSecond.toFixed(0)}/s by two sessions over ` +
              `${row.sustained.seconds.toFixed(1)} s`
            : "") +
          `${theirs ? `; PyTorch (${theirs.variant}) ${theirs.milliseconds.toFixed(2)} ms` : ""}`,
      );
    }
  } finally {
    for (const tower of towers) await tower.close();
  }
  return rows;
}

async function oneByOne(tower, batch, sets, count) {
  for (let i = 0; i < 3; i++) await tower.run(batch, sets[i % sets.length]);
  const times = [];
  for (let i = 0; i < count; i++)
    times.push((await tower.run(batch, sets[i % sets.length])).milliseconds);
  return times;
}

/**
 * Each session has a stream and pinned memory of its own, so that one's copies run under the
 * other's kernels.
 */
async function sustained(towers, batch, sets, seconds) {
  for (const tower of towers) await tower.run(batch, sets[0]);
  const begin = performance.now();
  let [items, next] = [0, 0];
  await Promise.all(
    towers.map(async (tower) => {
      while (performance.now() - begin < 1e3 * seconds) {
        await tower.run(batch, sets[next++ % sets.length]);
        items += batch;
      }
    }),
  );
  const taken = (performance.now() - begin) / 1e3;
  return { seconds: taken, perSecond: items / taken };
}

/** The hand-tuned configuration, or PyTorch's own where that is refused. */
async function theirHost(entry, batch, torch, iterations) {
  for (const variant of ["tuned", "eager"]) {
    const loaded = await torch.ask({
      do: "load",
      tower: entry.tower,
      config: configOf(entry),
      batch,
      variant,
    });
    const answer = loaded.error ? loaded : await torch.ask({ do: "host", iterations });
    await torch.ask({ do: "unload" });
    if (answer.milliseconds) return { variant, milliseconds: median(answer.milliseconds) };
    if (torch.missing) break;
  }
  return undefined;
}
