/** Writes the module with a target's plan and kernels. */
import type { Plan } from "@sigil/spec";
import type { BackendRuntime, Files, ModuleSource } from "../backends/backend.ts";
import { literal } from "../text/literal.ts";
import { header } from "./header.ts";
import { unplaceWeights } from "./unplace-weights.ts";
import { valueModule } from "./value-module.ts";

/**
 * The files of the module of a target. `what` says what it contains, in a sentence with a full
 * stop.
 */
export const artifactModule = (
  { name }: Plan,
  source: ModuleSource,
  target: string,
  { package: runtime, artifact }: BackendRuntime,
  what: string,
  imported: string,
  entries: readonly string[],
): Files =>
  valueModule(
    {
      name: target,
      header: header(name, source, what),
      imports: [imported],
      exported: "artifact",
      type: artifact,
      runtime,
      value: ["{", ...entries, "}"].join("\n"),
    },
    source.emit,
  );

/** The import and the entry of a plan whose offsets of weights are computed when it is loaded. */
export const placing = 'import { placeWeights } from "@sigil/runtime";';
export const placed = (plan: Plan): string =>
  `  plan: placeWeights(${literal(unplaceWeights(plan))}),`;
