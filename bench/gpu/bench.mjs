// npm run bench:gpu: Sigil's towers beside transformers on the same card in the same run. Bounded
// by --seconds (default 540); prints its tables last and writes them
// to bench/results. --emulated rehearses all of it without a card; --tiles times the tiles of
// Hopper Gemms instead.
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDevice } from "@sigil/runtime-cuda";
import { accuracyShare, compareStorages } from "./accuracy.mjs";
import { Budget } from "./budget.mjs";
import { fileName, state } from "./card.mjs";
import { isCompiled, passes, timeCompiled, timeForward } from "./forward.mjs";
import { hostShare, timeHost } from "./host-clocks.mjs";
import { timeKernels, timeLaunches } from "./kernel-times.mjs";
import { attentionName, rehearsed, timed, timedName } from "./models.mjs";
import { readOptions } from "./options.mjs";
import { report } from "./report.mjs";
import { timeTiles } from "./tiles.mjs";

const log = (line) => console.log(line);
try {
  const given = readOptions();
  // On a machine with Sigil's compiler alone; a card's machine has what was packed.
  const driver = given.emulated
    ? await (await import("./rehearse.mjs")).prepare(given)
    : given.driver;
  const options = {
    ...given,
    tower: {
      model: { models: given.models, emulated: given.emulated },
      path: given.path,
      programmatic: given.programmatic,
      ...(driver && { driver }),
    },
  };
  // First, so that a machine without a driver is told at once.
  const { native, info } = await openDevice(driver ? { driver } : {});
  await native.close();
  const budget = new Budget(options.seconds);
  if (options.tiles) await timeTiles(info.name, { options, budget, log });
  else await timeTowers(info.name, options, budget);
} catch (error) {
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}

async function timeTowers(card, options, budget) {
  const entries = (options.emulated ? rehearsed : timed).filter(
    (entry) => !options.only || options.only.includes(timedName(entry)),
  );
  if (entries.length === 0)
    throw new Error(
      `--only: there is no ${options.only.join(", ")}; there are ` +
        `${timed.map(timedName).join(", ")}`,
    );
  const torch = options.openTorch();
  const answer = await torch.ask({ do: "ceilings" });
  torch.missing = answer.error !== undefined;
  const ceilings = torch.missing ? undefined : answer;
  const before = state();
  log(`before: ${before}`);
  log(
    ceilings
      ? `${ceilings.device}, torch ${ceilings.torch}: ${ceilings.teraflops.toFixed(1)} TFLOP/s ` +
          `in a ${ceilings.size}^3 bfloat16 product, ${ceilings.terabytes.toFixed(2)} TB/s in a ` +
          "copy"
      : `no PyTorch side: ${answer.error}`,
  );

  const context = { options, torch, budget, log, known: new Map() };
  /** Rows of a part over all towers; one that fails is said and does not end the others. */
  const part = async (what, share, time) => {
    log(`\n${what}`);
    const rows = [];
    for (const entry of entries) {
      if (!budget.allows(`${what} of ${timedName(entry)}`, share, 0.02)) continue;
      try {
        rows.push(await time(entry, context));
      } catch (error) {
        budget.skipped.push(`${what} of ${timedName(entry)} (${error.message})`);
        log(`  ${timedName(entry)}: ${error.message}`);
        process.exitCode = 1;
      }
    }
    return rows.flat().filter(Boolean);
  };
  const forward = await part("forward", passes.plain.until, timeForward);
  if (!torch.missing && options.variants.some(isCompiled))
    await part("forward beside compiled PyTorch", passes.compiled.until, (entry, given) =>
      timeCompiled(entry, forward, given),
    );
  const host = await part("from host to host", hostShare, timeHost);
  const accuracy = await part("accuracy", accuracyShare, compareStorages);
  const kernels = await part("kernels", 0.94, timeKernels);
  if (!options.only && budget.allows("attention alone", 0.97, 0.02))
    kernels.push(...(await timeLaunches(attentionName, context)));
  torch.close();

  const text = report({
    card,
    emulated: options.emulated,
    programmatic: options.programmatic,
    ceilings,
    before,
    after: state(),
    forward,
    host,
    accuracy,
    kernels,
    packageBytes: packageBytes(),
    skipped: budget.skipped,
  });
  mkdirSync(options.out, { recursive: true });
  const file = join(
    options.out,
    `towers.${fileName(card)}${options.programmatic ? ".programmatic" : ""}.md`,
  );
  writeFileSync(file, text);
  log(`\n${file}\n\n${text}`);
}

/** What a user installs, kernels apart. */
function packageBytes() {
  const folder = dirname(dirname(fileURLToPath(import.meta.resolve("@sigil/runtime-cuda"))));
  const scripts = readdirSync(join(folder, "dist"), { recursive: true })
    .filter((name) => name.endsWith(".js"))
    .reduce((sum, name) => sum + statSync(join(folder, "dist", name)).size, 0);
  return {
    addon: statSync(createRequire(import.meta.url)("node-gyp-build").path(folder)).size,
    scripts,
  };
}
