import {
  flopsOf,
  lowerSpec,
  planMemory,
  tensorsOf,
  type LoweredProgram,
} from "@sigil/compiler/internal";
import { byteLength } from "@sigil/runtime/internal";
import { entryOf, listModelSpecs, loadSpec, specPath, type ModelSpec } from "@sigil/spec";

import { storedTensors } from "../quantize/encode.ts";
import { findMatrices } from "../quantize/find-matrices.ts";
import { encodingsOf } from "../quantize/write-quantized.ts";

/** The size and the cost of one published checkpoint, from its lowered programs. */
export interface CatalogueRow {
  readonly name: string;
  readonly parameters: number;
  readonly flopsPerImage: number;
  readonly flopsPerText: number;
  /** Bytes of a checkpoint in float32; half of that in 16 bits. */
  readonly weightBytes: number;
  /** Bytes of what `sigil quantize` makes of it. */
  readonly quantizedBytes: Readonly<Record<"int8" | "int4", number>>;
  /** Arena bytes of the largest tower, by images and texts a run. */
  readonly arenaBytes: Readonly<Record<"one" | "planned", number>>;
}

export function catalogueRow(name: string): CatalogueRow {
  const spec = loadSpec(specPath(name));
  const lowered = lower(spec);
  const tensors = tensorsOf(lowered);
  const parameters = Object.values(tensors).reduce(
    (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
  const flops = (symbol: string): number =>
    lowered
      .filter((program) => Object.keys(program.symbols).join() === symbol)
      .reduce(
        (sum, program) =>
          sum +
          program.launches.reduce((n, { problem }) => n + flopsOf(problem, { [symbol]: 1 }), 0),
        0,
      );
  const arena = (programs: readonly LoweredProgram[]): number =>
    Math.max(...programs.map((program) => planMemory(program).bytes));
  return {
    name,
    parameters,
    flopsPerImage: flops("image_batch"),
    flopsPerText: flops("text_batch"),
    weightBytes: 4 * parameters,
    quantizedBytes: { int8: quantizedBytes(spec, "int8"), int4: quantizedBytes(spec, "int4") },
    arenaBytes: {
      one: arena(lower({ ...spec, batch: { image: 1, text: 1 } })),
      planned: arena(lowered),
    },
  };
}

function quantizedBytes(spec: ModelSpec, to: "int8" | "int4"): number {
  const found = findMatrices(spec);
  const encodings = encodingsOf(found, { to, group: "32", table: "int8", keep: [], raised: [] });
  return [...encodings].reduce(
    (sum, [name, encoding]) =>
      storedTensors(name, entryOf(found.tensors, name, "tensor"), encoding).reduce(
        (bytes, { dtype, shape }) => bytes + byteLength(dtype, shape),
        sum,
      ),
    0,
  );
}

const lower = (spec: ModelSpec): LoweredProgram[] => lowerSpec(spec).map(({ lowered }) => lowered);

/** The table of every published checkpoint, as Markdown or JSON. */
export function catalogue(options: { json?: boolean }): void {
  const rows = listModelSpecs()
    .filter((name) => loadSpec(specPath(name)).checkpoint !== undefined)
    .map(catalogueRow);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  const giga = (value: number): string => (value / 1e9).toFixed(1);
  const mega = (bytes: number): string => (bytes / 1e6).toFixed(0);
  process.stdout.write(
    [
      "| checkpoint | parameters | GFLOP an image | GFLOP a text | weights, MB in float32 / " +
        "16 bits / int8 / int4 | arena, MB at batch 1 / as planned |",
      "| --- | ---: | ---: | ---: | ---: | ---: |",
      ...rows.map(
        (row) =>
          `| ${row.name} | ${row.parameters.toLocaleString("en")} | ` +
          `${giga(row.flopsPerImage)} | ${giga(row.flopsPerText)} | ${mega(row.weightBytes)} ` +
          `/ ${mega(row.weightBytes / 2)} / ${mega(row.quantizedBytes.int8)} / ` +
          `${mega(row.quantizedBytes.int4)} | ${mega(row.arenaBytes.one)} / ` +
          `${mega(row.arenaBytes.planned)} |`,
      ),
      "",
    ].join("\n"),
  );
}
