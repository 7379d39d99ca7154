/**
 * Turns a lowered program, its memory plan and the backend's kernels into the program of plan.json.
 */
import {
  align,
  entryOf,
  type Extent,
  type Location,
  type PlannedLaunch,
  type PlannedProgram,
  type PlannedWeight,
  weightBytes,
  type WeightLayout,
} from "@sigil/spec";
import { multiply } from "../ir/extent.ts";
import type { Value } from "../ir/graph.ts";
import { flopsOf } from "../kernels/flops.ts";
import {
  constantValues,
  type LoweredLaunch,
  type LoweredOperand,
  type LoweredProgram,
} from "../kernels/lowered.ts";
import { bytesOf, elementBytes } from "../ir/value-bytes.ts";
import { planMemory, type MemoryPlan } from "../passes/plan-memory.ts";

/** The properties of the kernel that a backend emitted for a problem. */
export interface EmittedKernel {
  readonly name: string;
  /** What the CPU's threads split among them. */
  readonly units?: { readonly of: Extent; readonly per: number };
  readonly extents: readonly Extent[];
  readonly scratchBytes: number;
  readonly layouts: readonly (WeightLayout | undefined)[];
  /**
   * The binding of each operand, where views of one value share one; offsets within it are the
   * kernel's own.
   */
  readonly slots?: readonly number[];
}

/**
 * Plans a program: memory, weights and launches. `kernels` has the kernel of each init launch, then
 * of each launch.
 */
export function planProgram(
  program: LoweredProgram,
  kernels: readonly EmittedKernel[],
): { planned: PlannedProgram; memory: MemoryPlan } {
  const memory = planMemory(program);
  const weights = new Map<string, PlannedWeight>();
  let weightEnd = 0;
  const constants = new Map<number, number>();
  for (const [id, value] of constantValues(program)) {
    constants.set(id, weightEnd);
    weightEnd += align(bytesOf(value, {}));
  }
  const placeOf = ({ id }: Value): number => entryOf(memory.offsets, id, "place of value");
  const locate = (operand: LoweredOperand, layout: WeightLayout): Location => {
    const constant = operand.kind === "value" ? constants.get(operand.value.id) : undefined;
    if (operand.kind === "value" && constant !== undefined)
      return { space: "weights", offset: constant + elementBytes(operand.value) * operand.offset };
    if (operand.kind === "value")
      return {
        space: "arena",
        offset: placeOf(operand.value) + elementBytes(operand.value) * operand.offset,
      };
    const key = JSON.stringify([operand.parts, layout]);
    const known = weights.get(key);
    if (known) return { space: "weights", offset: known.offset };
    const bytes = weightBytes(operand.rows, operand.columns, layout);
    const weight: PlannedWeight = {
      offset: weightEnd,
      bytes,
      rows: operand.rows,
      columns: operand.columns,
      layout,
      parts: operand.parts,
    };
    weights.set(key, weight);
    weightEnd += align(bytes);
    return { space: "weights", offset: weight.offset };
  };
  const weightAt = (at: number): PlannedWeight => {
    const found = [...weights.values()].find(({ offset }) => offset === at);
    if (!found) throw new Error(`internal: no weight lies at byte ${at}`);
    return found;
  };
  /** With the size of the whole value or weight. */
  const bound = (operand: LoweredOperand, location: Location): Location => ({
    ...location,
    bytes:
      operand.kind === "value"
        ? bytesOf(operand.value, program.symbols)
        : weightAt(location.offset).bytes,
  });
  const planLaunch = (launch: LoweredLaunch, kernel: EmittedKernel): PlannedLaunch => {
    const { slots } = kernel;
    const place = (operand: LoweredOperand, k: number): Location =>
      locate(operand, kernel.layouts[k] ?? { kind: "rows" });
    return {
      kernel: kernel.name,
      operands: slots
        ? launch.operands.flatMap((operand, k) =>
            slots.indexOf(slots[k]!) === k
              ? [
                  bound(
                    operand,
                    place(operand.kind === "value" ? { ...operand, offset: 0 } : operand, k),
                  ),
                ]
              : [],
          )
        : launch.operands.map(place),
      extents: kernel.extents,
      ...(kernel.units && { units: kernel.units }),
      origins: launch.origins,
    };
  };
  const init = program.init.map((launch, i) => planLaunch(launch, kernels[i]!));
  const launches = program.launches.map((launch, i) =>
    planLaunch(launch, kernels[program.init.length + i]!),
  );
  const arena = (id: number): { location: Location } | object => {
    const offset = memory.offsets.get(id);
    return offset === undefined ? {} : { location: { space: "arena", offset } };
  };
  const planned: PlannedProgram = {
    name: program.name,
    symbols: program.symbols,
    inputs: program.inputs.map((input) => ({
      name: input.name,
      dtype: input.dtype,
      shape: input.value.shape,
      ...(input.default && { default: input.default }),
      ...(input.table && { table: input.table.tensor }),
      ...arena(input.value.id),
    })),
    outputs: program.outputs.map(({ name, value }) => ({
      name,
      dtype: "float32",
      shape: value.shape,
      ...((value.dtype === "float16" || value.dtype === "bfloat16") && { stored: value.dtype }),
      ...arena(value.id),
    })),
    weights: [...weights.values()],
    weightBytes: weightEnd,
    arenaBytes: memory.bytes,
    scratchBytes: Math.max(0, ...kernels.map((kernel) => kernel.scratchBytes)),
    gathers: program.gathers.map((g) => ({
      input: g.input,
      table: g.table,
      count: multiply(...g.value.shape.slice(0, -1)),
      width: g.width,
      target: { space: "arena", offset: placeOf(g.value) },
      ...(g.rows !== undefined && { rows: g.rows }),
    })),
    init,
    launches,
    flops: program.launches.reduce(
      (sum, launch) => sum + flopsOf(launch.problem, program.symbols),
      0,
    ),
  };
  return { planned, memory };
}
