import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { kernelFeatures, kernelSetName, tuningOf } from "@sigil/compiler/internal";
import { InputError } from "@sigil/runtime";
import { DeviceHolder, offeredFeatures } from "@sigil/runtime-webgpu";
import { loadTuning, type TunedClass, type TuningTable } from "@sigil/spec";
import { writeOutput } from "../files.ts";
import { specOf } from "../open-model.ts";
import { withProgress } from "../progress.ts";
import { tunedProblems, type TunedProblem } from "../tune/tuned-problems.ts";
import { tune as measure, type TunedResult } from "../tune/tune.ts";
import { openGpu } from "../backends/webgpu/gpu.ts";

export interface TuneCommandOptions {
  readonly out: string;
  readonly seconds: number;
  readonly program?: readonly string[];
  readonly json?: boolean;
}

/**
 * Measures which kernels of a spec are fastest on this machine's adapter, and writes a tuning
 * table. If the file exists, its entries for other classes of adapters stay.
 */
export async function tune(
  path: string,
  { out, seconds, program, json }: TuneCommandOptions,
): Promise<void> {
  const spec = await specOf(path);
  const before: TuningTable = existsSync(out) ? loadTuning(out) : { version: 1, classes: {} };
  const holder = new DeviceHolder([], { gpu: await openGpu() });
  try {
    const held = await holder.get();
    const offered = offeredFeatures(held.device);
    const features = kernelFeatures.filter((feature) => offered.has(feature));
    const problems = tunedProblems(spec, tuningOf(held.kind, features), program);
    if (problems.length === 0)
      throw new InputError(
        program
          ? `${spec.name} has no program ${program.join(", ")}`
          : `${spec.name} has nothing to tune`,
      );
    const results = await withProgress("tuning", (report) =>
      measure(problems, held, kernelSetName(held.kind, features), features, { seconds, report }),
    );
    await writeOutput(dirname(out), {
      [basename(out)]:
        `${JSON.stringify(merged(before, held.kind, held.description, results), undefined, 2)}\n`,
    });
    if (json)
      process.stdout.write(
        JSON.stringify({
          adapter: held.description,
          class: held.kind,
          features,
          out,
          problems: results.map(reported),
        }) + `\n`,
      );
    else
      process.stdout.write(
        `${held.description}, kernels for ${held.kind} ` +
          `adapters${features.length > 0 ? ` with ${features.join(", ")}` : ""}\n` +
          `${results.map(line).join("")}written ` +
          `to ${out}\n`,
      );
  } finally {
    await holder.close();
  }
}

/** The table with what was found for a class in the place of what it had of the same problems. */
function merged(
  table: TuningTable,
  kind: keyof TuningTable["classes"],
  adapter: string,
  results: readonly TunedResult[],
): TuningTable {
  const had = table.classes[kind] ?? { adapter, gemm: [], attention: [], rowReduce: [] };
  const timed = <T extends object>(
    entries: readonly T[],
    { microseconds, own }: NonNullable<TunedResult["best"]>,
  ): T[] =>
    entries.map((entry) => ({
      ...entry,
      microseconds: Math.round(microseconds),
      defaultMicroseconds: Math.round(own),
    }));
  const found = results.flatMap(({ best }) =>
    best
      ? [
          {
            gemm: timed(best.table.gemm, best),
            attention: timed(best.table.attention, best),
            rowReduce: timed(best.table.rowReduce, best),
          },
        ]
      : [],
  );
  const problem = (entry: object): string =>
    JSON.stringify(
      Object.entries(entry)
        .filter(([key]) => !/config|icroseconds/.test(key))
        .sort(),
    );
  const join = <T extends object>(old: readonly T[], fresh: readonly T[]): T[] => [
    ...new Map([...old, ...fresh].map((entry) => [problem(entry), entry])).values(),
  ];
  const own: TunedClass = {
    adapter,
    gemm: join(
      had.gemm,
      found.flatMap(({ gemm }) => gemm),
    ),
    attention: join(
      had.attention,
      found.flatMap(({ attention }) => attention),
    ),
    rowReduce: join(
      had.rowReduce,
      found.flatMap(({ rowReduce }) => rowReduce),
    ),
  };
  return { ...table, classes: { ...table.classes, [kind]: own } };
}

function named({ launch: { problem, origins } }: TunedProblem): string {
  const size = (extent: unknown): string =>
    typeof extent === "number"
      ? `${extent}`
      : Object.values(extent as { factor: number; symbols: readonly string[] })
          .flat()
          .join(" ");
  const what =
    problem.family === "gemm"
      ? `Gemm ${size(problem.rows)} x ${size(problem.columns)} x ${problem.depth}`
      : problem.family === "attention"
        ? `attention ${problem.queries} x ${problem.keys} x ${problem.headSize}`
        : problem.family === "row_reduce"
          ? `${problem.kind} ${size(problem.rows)} x ${problem.width}`
          : problem.family;
  return `${what} (${origins[0]})`;
}

const reported = ({ problem, measured, candidates, refused, own, best }: TunedResult) => ({
  problem: named(problem),
  launches: problem.count,
  measured,
  candidates,
  refused,
  microseconds: Number.isNaN(own) ? null : own,
  ...(best && { best }),
});

function line({ problem, measured, candidates, refused, own, best }: TunedResult): string {
  const tried =
    `${measured} of ${candidates} ` +
    `candidates${refused.length > 0 ? `, ${refused.length} refused` : ""}`;
  const gain = best
    ? `${(best.own / 1000).toFixed(2)} -> ${(best.microseconds / 1000).toFixed(2)} ms`
    : Number.isNaN(own)
      ? "no time left"
      : `${(own / 1000).toFixed(2)} ms, unchanged`;
  return `  ${named(problem).padEnd(76)} x${String(problem.count).padEnd(3)} ${gain}  (${tried})\n`;
}
