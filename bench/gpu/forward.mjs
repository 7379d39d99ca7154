/** The forward alone, by the card's clock: Sigil's beside each configuration of PyTorch. */
import { configOf, timedName } from "./models.mjs";
import { compareSides, inTurns, median, quantile } from "./rounds.mjs";
import { SigilTower } from "./tower.mjs";

/** Enough for a median, few enough for the bound. */
const enough = (batch) => (batch >= 64 ? 50 : 100);

export const isCompiled = (variant) => /compile|autotune/.test(variant);

/**
 * Until which share of all time forwards are timed, and the share that a batch may need: beside
 * what PyTorch does at once, then beside what it compiles for up to a minute each.
 */
export const passes = { plain: { until: 0.45, need: 0.03 }, compiled: { until: 0.65, need: 0.1 } };

/** Rows of a tower, one for each batch, beside the configurations that need no compiler. */
export const timeForward = (entry, context) =>
  timeBatches(
    entry,
    entry.batches,
    context.options.variants.filter((variant) => !isCompiled(variant)),
    passes.plain,
    context,
  );

/**
 * Sets rows of a tower to what its compiled configurations do at the largest batch and at the
 * first, where they are faster than the others.
 */
export async function timeCompiled(entry, rows, context) {
  const variants = context.options.variants.filter(isCompiled);
  const batches = [...new Set([entry.batches.at(-1), entry.batches[0]])];
  for (const row of await timeBatches(entry, batches, variants, passes.compiled, context)) {
    const known = rows.find(({ name, batch }) => name === row.name && batch === row.batch);
    if (!known) rows.push(row);
    else {
      const tried = [...known.tried, ...row.tried];
      if (row.best && row.best.milliseconds < (known.best?.milliseconds ?? Infinity))
        Object.assign(known, row, { cold: known.cold });
      known.tried = tried;
    }
  }
}

async function timeBatches(entry, batches, variants, pass, { options, torch, budget, log }) {
  const name = timedName(entry);
  const tower = await SigilTower.open(name, options.tower);
  const about = {
    name,
    path: tower.path,
    device: tower.device,
    cold: tower.cold,
    memory: tower.memory,
    imageBytes: tower.imageBytes,
  };
  const rows = [];
  try {
    about.cold.first = (await tower.run(1)).milliseconds;
    log(
      `${name}: ${tower.path} kernels on ${tower.device.name}, loaded in ` +
        `${tower.loadSeconds.toFixed(1)} s`,
    );
    for (const batch of batches)
      if (
        budget.allows(
          `${name} at ${batch}${pass === passes.compiled ? ", compiled" : ""}`,
          pass.until,
          pass.need,
        )
      )
        rows.push({
          ...about,
          ...(await timeBatch(entry, tower, batch, variants, pass, {
            options,
            torch,
            budget,
            log,
          })),
        });
  } finally {
    await torch.ask({ do: "unload" });
    await tower.close();
  }
  return rows;
}

async function timeBatch(entry, tower, batch, variants, pass, { options, torch, budget, log }) {
  const most = entry.batches.at(-1);
  const count = options.iterations ?? enough(batch);
  const ours = (runs) => tower.times(batch, runs);
  await tower.run(batch);
  const tried = [];
  for (const variant of torch.missing ? [] : variants) {
    if (
      isCompiled(variant) &&
      !budget.allows(`${variant} of ${timedName(entry)} at ${batch}`, pass.until, pass.need)
    )
      continue;
    const loaded = await torch.ask({
      do: "load",
      tower: entry.tower,
      config: configOf(entry),
      batch,
      variant,
    });
    if (loaded.error) {
      tried.push({ variant, error: loaded.error });
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
    else
      tried.push({
        variant,
        attention: loaded.attention,
        milliseconds: median(turns.theirs.flat()),
        turns,
        bytes: (await torch.ask({ do: "memory" })).bytes,
      });
    if (variant === "eager" && batch === most && !failed) {
      const { kernels = [] } = await torch.ask({ do: "kernels" });
      tried.at(-1).ran = kernels
        .map(
          ({ name, count: times, microseconds }) =>
            `${name} (${times}, ${microseconds.toFixed(0)} us)`,
        )
        .join("; ");
    }
  }
  const best = tried
    .filter(({ turns }) => turns)
    .sort((a, b) => a.milliseconds - b.milliseconds)[0];
  const alone = best ? undefined : await inTurns({ ours }, count);
  const times = (best?.turns ?? alone).ours.flat();
  const row = {
    batch,
    median: median(times),
    low: quantile(times, 0.1),
    high: quantile(times, 0.9),
    flops: (tower.flops * batch) / most,
    best,
    compared: best && compareSides(best.turns),
    tried,
  };
  const shown = tried.map(({ variant, error, milliseconds, attention, turns }) =>
    error
      ? `${variant}: ${error.slice(0, 90)}`
      : `${variant}${attention ? ` (${attention} attention)` : ""} ${milliseconds.toFixed(3)} ` +
        `ms, ours beside it ${median(turns.ours.flat()).toFixed(3)}`,
  );
  log(
    `  batch ${batch}: ${row.median.toFixed(3)} ms, ` +
      `${((1e3 * batch) / row.median).toFixed(0)}/s` +
      `${shown.length > 0 ? `; ${shown.join("; ")}` : ""}`,
  );
  return row;
}
