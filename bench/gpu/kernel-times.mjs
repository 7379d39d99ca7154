/**
 * Where the time goes, kernel by kernel, each product and attention beside PyTorch's fastest way to
 * do the same.
 */
import { valueOf } from "@sigil/runtime/internal";
import { timedName } from "./models.mjs";
import { median } from "./rounds.mjs";
import { SigilTower } from "./tower.mjs";

const repeats = 5;

/**
 * What a kernel computes at these sizes: in words, its FLOPs, the bytes that it has to move if all
 * values have 16 bits and none is in a cache, and the command for PyTorch.
 */
export function workOf(problem, symbols) {
  const value = (extent) => valueOf(extent, symbols);
  if (problem.family === "gemm") {
    const { depth, a, epilogueOperands } = problem;
    const [rows, columns] = [value(problem.rows), value(problem.columns)];
    return {
      what:
        `${rows}x${columns}x${depth}` +
        (a.kind === "rows" ? "" : ` of ${a.kind.replace("_", " ")}`),
      flops: 2 * rows * columns * depth,
      bytes:
        2 *
        (rows * depth +
          columns * depth +
          rows *
            columns *
            (1 + epilogueOperands.filter(({ index }) => index === "element").length)),
      ask: { do: "gemm", rows, columns, depth },
    };
  }
  if (problem.family === "attention") {
    const { heads, headSize: size, queries, keys } = problem;
    const batch = value(problem.batch);
    return {
      what: `${batch} x ${heads} heads of ${size}, ${queries} queries, ${keys} keys`,
      flops: 4 * batch * heads * size * queries * keys,
      bytes: 2 * batch * heads * size * 2 * (queries + keys),
      ask: { do: "attention", batch, heads, queries, keys, size },
    };
  }
  const values = value(problem.rows) * problem.width;
  return {
    what:
      `${value(problem.rows)} rows of ` +
      `${problem.width}${problem.kind ? `, ${problem.kind.replace("_", " ")}` : ""}`,
    flops: 0,
    bytes:
      2 *
      values *
      (problem.kind
        ? (problem.reduced ?? 1) + 1
        : 1 +
          problem.operands.filter(({ index }) => ["element", "strided", "gathered"].includes(index))
            .length),
  };
}

export const timeKernels = (entry, context) => timeLaunches(timedName(entry), context);

/**
 * A model's launches one by one at its largest batch, each kernel's median over runs and places;
 * `torch` is asked once for each distinct problem.
 */
export async function timeLaunches(name, { options, torch, known, log }) {
  const tower = await SigilTower.open(name, { ...options.tower, profile: true });
  const batch = tower.mostBatch;
  const byKernel = new Map();
  try {
    const inputs = tower.inputs(batch);
    for (let i = 0; i <= repeats; i++) {
      await tower.run(batch, inputs);
      if (i === 0) continue;
      for (const { kernel, origins, microseconds } of tower.launches()) {
        if (!byKernel.has(kernel)) byKernel.set(kernel, { origin: origins[0] ?? "", times: [] });
        byKernel.get(kernel).times.push(microseconds);
      }
    }
  } finally {
    await tower.close();
  }
  const rows = [];
  for (const [kernel, { origin, times }] of byKernel) {
    const { problem, choice } = tower.problems[kernel];
    const { what, flops, bytes, ask } = workOf(problem, tower.symbols(batch));
    const key = JSON.stringify(ask);
    if (ask && !known.has(key)) known.set(key, await torch.ask(ask));
    rows.push({
      tower: name,
      kernel,
      origin,
      what,
      choice: choice.split(",")[0],
      count: times.length / repeats,
      microseconds: median(times),
      flops,
      bytes,
      theirs: ask && waysOf(known.get(key)),
    });
  }
  const total = rows.reduce((sum, { count, microseconds }) => sum + count * microseconds, 0);
  log(`  ${name} at batch ${batch}: ${(total / 1e3).toFixed(2)} ms of launches one by one`);
  return rows
    .map((row) => ({ ...row, share: (row.count * row.microseconds) / total }))
    .sort((a, b) => b.share - a.share);
}

/**
 * The ways in which PyTorch did it, the fastest first; those that it refused are left out.
 * Undefined if it did it in none.
 */
export function waysOf(answer) {
  const ways = Object.entries(answer)
    .filter(([, found]) => found?.microseconds !== undefined)
    .map(([way, { microseconds }]) => ({ way, microseconds }));
  return ways.length > 0 ? ways.sort((a, b) => a.microseconds - b.microseconds) : undefined;
}
