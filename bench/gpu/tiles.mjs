/**
 * bench:gpu --tiles: every tile of every Hopper Gemm of the towers, and what
 * compiler/src/backends/cuda/hopper-timings.ts should say of them.
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileName } from "./card.mjs";
import { openModel } from "./open-model.mjs";
import { median } from "./rounds.mjs";
import { SigilTower } from "./tower.mjs";

const prefix = "tiles.";
/** Of each shape in the compiler's table: more would say nothing to it. */
const kept = 3;

export async function timeTiles(card, { options, budget, log }) {
  const names = existing(options.models).filter(
    (name) => !options.only || options.only.includes(name.slice(prefix.length)),
  );
  if (names.length === 0)
    throw new Error(
      `${options.models}: there are no tiles to time: npm run ` +
        `build:kernels${options.only ? `, or no ${options.only.join(", ")}` : ""}`,
    );
  await buildAhead(names, options, budget, log);
  const shapes = [];
  for (const name of names) {
    if (!budget.allows(name.slice(prefix.length), 0.97, 0.01)) continue;
    const found = await timeShape(name, options);
    shapes.push(found);
    const [best] = found.rows;
    log(
      `${name.slice(prefix.length)}: ${best.tile} ${best.microseconds.toFixed(1)} us, ` +
        `${(best.teraflops).toFixed(0)} TFLOP/s; the model would take ${found.chosen}, ` +
        `${found.behind === undefined ? "not timed" : `${found.behind.toFixed(2)} times as long`}`,
    );
  }
  const timings = timingsFile(card, shapes);
  const table = [
    "| rows x columns x depth | tile | us | TFLOP/s | |",
    "| --- | --- | ---: | ---: | --- |",
    ...shapes.flatMap(({ title, chosen, rows }) =>
      rows.map(
        ({ tile, microseconds, teraflops }) =>
          `| ${title} | ${tile} | ${microseconds.toFixed(1)} | ` +
          `${Number(teraflops.toPrecision(3))} | ${tile === chosen ? "the model's" : ""} |`,
      ),
    ),
  ];
  const notes =
    budget.skipped.length > 0
      ? ["", `Not timed for want of time: ${budget.skipped.join(", ")}.`]
      : [];
  const text = [
    `# Tiles of Hopper Gemms on ${card}`,
    "",
    "bfloat16, random operands, one launch after the other by the device's clock; the median " +
      "of five rounds over all tiles. Operands that an L2 holds are found there.",
    "",
    ...table,
    ...notes,
    "",
  ].join("\n");
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, `tiles.${fileName(card)}.md`), text);
  writeFileSync(join(options.out, "hopper-timings.ts"), timings);
  log(
    `\n${text}\n${join(options.out, "hopper-timings.ts")}, to take the place of ` +
      `compiler/src/backends/cuda/hopper-timings.ts:\n\n${timings}`,
  );
}

const existing = (models) => {
  try {
    return readdirSync(models).filter((name) => name.startsWith(prefix));
  } catch {
    return [];
  }
};

/**
 * Compilers first, so that they do not run beside what is timed. Those that are not done in half of
 * the time are left out.
 */
async function buildAhead(names, options, budget, log) {
  const begin = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.max(1, Math.floor(availableParallelism() / 2)) }, async () => {
      while (next < names.length && budget.left(0.5) > 0)
        await openModel(names[next++], options.tower.model).images.hopper();
    }),
  );
  for (const name of names.splice(next))
    budget.skipped.push(`${name.slice(prefix.length)} (not compiled)`);
  log(`kernels of ${names.length} products in ${((performance.now() - begin) / 1e3).toFixed(0)} s`);
}

async function timeShape(name, options) {
  const model = openModel(name, options.tower.model);
  const tower = await SigilTower.open(name, { ...options.tower, path: "hopper", profile: true });
  try {
    const inputs = tower.inputs(tower.mostBatch);
    const times = Object.fromEntries(Object.keys(model.tiles).map((kernel) => [kernel, []]));
    const rounds = options.iterations ?? 5;
    for (let round = 0; round <= rounds; round++) {
      await tower.run(tower.mostBatch, inputs);
      if (round > 0)
        for (const { kernel, microseconds } of tower.launches().slice(1))
          times[kernel].push(microseconds);
    }
    const { rows, columns, depth } = model.shape;
    const timed = Object.entries(times)
      .map(([kernel, all]) => ({
        tile: model.tiles[kernel],
        microseconds: median(all),
        teraflops: (2 * rows * columns * depth) / median(all) / 1e6,
      }))
      .sort((a, b) => a.microseconds - b.microseconds);
    const own = timed.find(({ tile }) => tile === model.chosen);
    return {
      title: name.slice(prefix.length).replace(/\./g, ", "),
      shape: model.shape,
      chosen: model.chosen,
      behind: own && own.microseconds / timed[0].microseconds,
      rows: timed,
    };
  } finally {
    await tower.close();
  }
}

/** The compiler's file, whole. */
function timingsFile(card, shapes) {
  const lines = shapes.flatMap(
    ({ shape: { rows, columns, depth, carries, gathers }, rows: timed }) =>
      timed
        .slice(0, kept)
        .map(
          ({ tile, microseconds }) =>
            `  { rows: ${rows}, columns: ${columns}, depth: ${depth}, carries: ${carries}, ` +
            `gathers: ${gathers}, tile: ${JSON.stringify(tile)}, microseconds: ` +
            `${microseconds.toFixed(1)} },`,
        ),
  );
  return `/**
 * Times of Hopper Gemms on ${card}, which outrank the model of
 * hopper-gemm-select.ts. Written by \`npm run bench:gpu -- --tiles\`.
 */
import type { HopperTiming } from "./hopper-gemm-select.ts";

export const hopperTimings: readonly HopperTiming[] = [
${lines.join("\n")}
];
`;
}
