/** The limits that a plan needs of a device. */
import { valueOf } from "@sigil/runtime/internal";
import type { PlannedProgram } from "@sigil/spec";
import { WebGpuError } from "./error.ts";
import type { WebGpuKernels } from "./pipelines.ts";

/** Limits that every WebGPU device has. */
export const defaultLimits = {
  maxBufferSize: 268435456,
  maxStorageBufferBindingSize: 134217728,
} as const;

export type Limits = Readonly<Record<keyof typeof defaultLimits, number>>;

/** The smallest limits with which a program's buffers can be made and bound. */
export function neededLimits(programs: readonly PlannedProgram[]): Limits {
  const bindings = programs.flatMap(({ init, launches }) =>
    [...init, ...launches].flatMap(({ operands }) => operands.map(({ bytes }) => bytes ?? 0)),
  );
  const binding = Math.max(defaultLimits.maxStorageBufferBindingSize, ...bindings);
  return {
    maxBufferSize: Math.max(
      defaultLimits.maxBufferSize,
      binding,
      ...programs.map(({ arenaBytes }) => arenaBytes),
    ),
    maxStorageBufferBindingSize: binding,
  };
}

/** The needed limits above the defaults. Throws WebGpuError if `offered` is less. */
export function requiredLimits(
  needed: Limits,
  offered: Limits,
  who: string,
): Record<string, number> {
  const required: Record<string, number> = {};
  for (const name of Object.keys(defaultLimits) as (keyof Limits)[]) {
    if (needed[name] <= defaultLimits[name]) continue;
    if (needed[name] > offered[name])
      throw new WebGpuError(
        "limit",
        `the model needs ${name} ${needed[name]} but ${who} offers ${offered[name]}: compile ` +
          "it with a smaller batch in the spec",
      );
    required[name] = needed[name];
  }
  return required;
}

/**
 * Throws WebGpuError for a launch that needs more workgroups than a dispatch may have. A device
 * would skip it.
 */
export function checkGrids(
  { name, symbols, init, launches }: PlannedProgram,
  kernels: WebGpuKernels,
  most: number,
): void {
  for (const { kernel, origins } of [...init, ...launches])
    for (const { of, per } of kernels[kernel]?.grid ?? []) {
      const groups = Math.ceil(valueOf(of, symbols) / per);
      if (groups > most)
        throw new WebGpuError(
          "limit",
          `${name}: ${kernel} (${origins.join(", ")}) needs ${groups} workgroups but the ` +
            `device allows ${most}: compile it with a smaller batch in the spec`,
        );
    }
}
