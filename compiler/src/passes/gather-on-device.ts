/**
 * Lets launches gather embedding rows instead of the host, for targets that hold whole tables in
 * the device's memory: a run then sends an id instead of a row for each token. Tables are stored as
 * matrices are. What is gathered stays float32.
 */
import type { Storage } from "@sigil/spec";
import { operand } from "../expr/expression.ts";
import { multiply } from "../ir/extent.ts";
import type { LoweredGather, LoweredLaunch, LoweredProgram } from "../kernels/lowered.ts";

/** The same program, its gathers as the first launches. Their ids must be checked all the same. */
export function gatherOnDevice(program: LoweredProgram, storage: Storage): LoweredProgram {
  const gathers = program.gathers.map((gather) => ({
    ...gather,
    rows: rowsOf(program, gather),
  }));
  const launch = ({ input, table, value, width, origin, rows }: (typeof gathers)[number]) =>
    ({
      problem: {
        family: "map",
        rows: multiply(...value.shape.slice(0, -1)),
        width,
        expression: operand("table"),
        operands: [
          { name: "ids", index: "ids" },
          { name: "table", index: "gathered", ids: "ids", storage },
        ],
      },
      origins: [origin],
      operands: [
        { kind: "value", value: idsOf(program, input), offset: 0 },
        { kind: "weight", rows, columns: width, parts: [{ tensor: table, begin: 0, end: rows }] },
        { kind: "value", value, offset: 0 },
      ],
    }) satisfies LoweredLaunch;
  return { ...program, gathers, launches: [...gathers.map(launch), ...program.launches] };
}

function rowsOf({ tensors }: LoweredProgram, { table }: LoweredGather): number {
  const rows = tensors[table]?.[0];
  if (rows === undefined) throw new Error(`internal: the table ${table} is no tensor`);
  return rows;
}

function idsOf(
  { inputs }: LoweredProgram,
  name: string,
): LoweredProgram["inputs"][number]["value"] {
  const found = inputs.find((input) => input.name === name);
  if (!found) throw new Error(`internal: there are no ids ${name}`);
  return found.value;
}
