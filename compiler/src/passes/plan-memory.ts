/**
 * Places every value of a program in one arena, so that values alive at the same time never overlap
 * and a run allocates nothing.
 */
import { align } from "@sigil/spec";
import { bytesOf } from "../ir/value-bytes.ts";
import type { Value } from "../ir/graph.ts";
import { constantValues, type LoweredProgram } from "../kernels/lowered.ts";

export interface MemoryPlan {
  /** Byte offset of each value by its id. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
  /** First and last launch at which a value is alive, for pictures and tests. */
  readonly lives: readonly {
    readonly value: Value;
    readonly from: number;
    readonly to: number;
    readonly offset: number;
    readonly bytes: number;
  }[];
}

/**
 * First fit, largest first: within a few per cent of optimal on chains with residuals, and simple
 * to read in a dump.
 */
export function planMemory(program: LoweredProgram): MemoryPlan {
  const lives = new Map<number, { value: Value; from: number; to: number }>();
  const constants = constantValues(program);
  const touch = (value: Value, at: number): void => {
    if (constants.has(value.id)) return;
    const life = lives.get(value.id);
    if (life)
      lives.set(value.id, { value, from: Math.min(life.from, at), to: Math.max(life.to, at) });
    else lives.set(value.id, { value, from: at, to: at });
  };
  const used = new Set([
    ...program.launches.flatMap((launch) =>
      launch.operands.flatMap((o) => (o.kind === "value" ? [o.value.id] : [])),
    ),
    // An input may be given back (the first of the hidden states).
    ...program.outputs.map(({ value }) => value.id),
  ]);
  for (const { value } of program.inputs) if (used.has(value.id)) touch(value, -1);
  for (const { value, rows } of program.gathers) if (rows === undefined) touch(value, -1);
  program.launches.forEach((launch, at) => {
    for (const operand of launch.operands) if (operand.kind === "value") touch(operand.value, at);
  });
  for (const { value } of program.outputs) touch(value, program.launches.length);
  // Ids that launches gather by are kept, for whoever runs the launches again on the same inputs: a
  // kernel reads wherever they send it.
  const ids = new Set(
    program.gathers.flatMap(({ input, rows }) => (rows === undefined ? [] : [input])),
  );
  for (const { name, value } of program.inputs)
    if (ids.has(name)) touch(value, program.launches.length);

  const placed: { value: Value; from: number; to: number; offset: number; bytes: number }[] = [];
  const waiting = [...lives.values()]
    .map((life) => ({ ...life, bytes: align(bytesOf(life.value, program.symbols)) }))
    .sort((a, b) => b.bytes - a.bytes || a.value.id - b.value.id);
  for (const life of waiting) {
    const neighbours = placed
      .filter((other) => other.from <= life.to && life.from <= other.to)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of neighbours) {
      if (offset + life.bytes <= other.offset) break;
      offset = Math.max(offset, other.offset + other.bytes);
    }
    placed.push({ ...life, offset });
  }
  return {
    offsets: new Map(placed.map((p) => [p.value.id, p.offset])),
    bytes: Math.max(0, ...placed.map((p) => p.offset + p.bytes)),
    lives: placed.sort((a, b) => a.from - b.from || a.offset - b.offset),
  };
}
