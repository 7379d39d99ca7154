/** The module that carries a target's plan and kernels. */
import type { Plan } from "@sigil/spec";
import type { BackendRuntime, Files, ModuleSource } from "../backends/backend.ts";
import { literal } from "../text/literal.ts";
import { header } from "./header.ts";
import { unplaceWeights } from "./unplace-weights.ts";
import { valueModule } from "./value-module.ts";

/** `what` it holds ends with a full stop. */
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

/** The import and the entry of a plan whose places of weights are computed when it is loaded. */
export const placing = 'import { placeWeights } from "@sigil/runtime";';
export const placed = (plan: Plan): string =>
  `  plan: placeWeights(${literal(unplaceWeights(plan))}),`;
