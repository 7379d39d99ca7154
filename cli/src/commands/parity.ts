import { basename, dirname } from "node:path";
import { lowerSpec, tensorsOf } from "@sigil/compiler/internal";
import { bindCheckpoint, syntheticWeights, type WeightSource } from "@sigil/runtime/internal";
import { openSafetensorsFile } from "@sigil/runtime/node";
import type { ModelSpec } from "@sigil/spec";
import { tolerances } from "../backends/ways.ts";
import { writeOutput } from "../files.ts";
import { specOf } from "../open-model.ts";
import { errorOf, measureParity, type ParityRow } from "../parity/measure.ts";
import { parityPage } from "../parity/parity-page.ts";
import { withProgress } from "../progress.ts";

export interface ParityOptions {
  readonly weights?: string;
  readonly backends: readonly string[];
  readonly seed: number;
  readonly html?: string;
  readonly json?: boolean;
}

/**
 * Compares backends with the oracle, kernel by kernel; exit status 1 if one is past its tolerance.
 */
export async function parity(path: string, options: ParityOptions): Promise<void> {
  const { weights: file, backends, seed, html, json } = options;
  const spec = await specOf(path);
  const weights = await open(spec, file, seed);
  const boundOf = (backend: string): number => tolerances.get(backend)?.[spec.storage] ?? 0;
  const bounds = Object.fromEntries(backends.map((backend) => [backend, boundOf(backend)]));
  const rows = await withProgress("parity", (report) =>
    measureParity(spec, weights, backends, seed, report, { ...options }),
  );
  const past = rows.filter((row) =>
    backends.some((backend) => !(errorOf(row, backend) < boundOf(backend))),
  );
  const [first] = past;
  if (html !== undefined)
    await writeOutput(dirname(html), { [basename(html)]: parityPage(spec.name, rows, bounds) });
  if (json)
    process.stdout.write(
      JSON.stringify({ name: spec.name, storage: spec.storage, bounds, rows, past: past.length }) +
        "\n",
    );
  else process.stdout.write(table(rows, backends, boundOf));
  if (!first) return;
  process.stderr.write(
    `${past.length} of ${rows.length} kernels exceed the tolerance, first ` +
      `${first.program} ${first.launch} (${first.origins.join(" + ")})\n`,
  );
  process.exitCode = 1;
}

/** A checkpoint, or synthetic tensors of the seed. */
async function open(
  spec: ModelSpec,
  file: string | undefined,
  seed: number,
): Promise<WeightSource> {
  const tensors = tensorsOf(lowerSpec(spec).map(({ lowered }) => lowered));
  return bindCheckpoint(
    { tensors },
    file === undefined
      ? syntheticWeights(
          Object.entries(tensors).map(([name, shape]) => ({ name, shape })),
          seed,
        )
      : await openSafetensorsFile(file),
  );
}

function table(
  rows: readonly ParityRow[],
  backends: readonly string[],
  boundOf: (backend: string) => number,
): string {
  const line = (first: string, cells: readonly string[]): string =>
    `${first.padEnd(64)} ${cells.map((cell) => cell.padStart(13)).join(" ")}\n`;
  const programs = [...new Set(rows.map(({ program }) => program))];
  return programs
    .map((program) => {
      const own = rows.filter((row) => row.program === program);
      const worst = backends.map((backend) =>
        Math.max(...own.map((row) => errorOf(row, backend))).toExponential(2),
      );
      const lines = own.map((row) => {
        const [origin = "", ...others] = row.origins;
        const name =
          `  ${row.launch} ${row.family} ` +
          `${origin}${others.length > 0 ? ` +${others.length}` : ""}`;
        return line(
          name.length > 64 ? `${name.slice(0, 63)}…` : name,
          backends.map(
            (backend) =>
              `${errorOf(row, backend).toExponential(2)}` +
              `${errorOf(row, backend) < boundOf(backend) ? " " : "!"}`,
          ),
        );
      });
      return line(program, backends) + lines.join("") + line("  worst", worst);
    })
    .join("\n");
}
