/** A checkpoint of any kind under a plan's names. */
import type { Plan } from "@sigil/spec";
import { isQuantized, showStorage } from "@sigil/spec/shared";
import { bindPlan } from "../bind-plan.ts";
import { WeightsError } from "../error.ts";
import { withPrefixes } from "../prefixes.ts";
import { requireTensor, type WeightSource } from "../weight-source.ts";
import { withQuantized } from "./find-quantized.ts";
import { storedNames } from "./stored-quantized.ts";

export type BoundPlan = Pick<Plan, "tensors"> & Partial<Pick<Plan, "programs">>;

export function bindQuantized(plan: BoundPlan, source: WeightSource): WeightSource {
  const named = withPrefixes(source, Object.keys(plan.tensors).flatMap(storedNames));
  const view = withQuantized(named, plan.tensors);
  const bound = bindPlan(plan, view);
  checkStorage(plan, bound);
  return bound;
}

/**
 * A quantised checkpoint and a plan for one fit each other; floats are quantised when they are
 * loaded, but not the single ones of a checkpoint that is quantised, whose codes were expected.
 */
function checkStorage({ programs = [] }: BoundPlan, bound: WeightSource): void {
  const quantized = [...bound.tensors].filter(([, info]) => info.quantized);
  if (quantized.length === 0 || programs.length === 0) return;
  const wanted = programs
    .flatMap(({ weights }) => weights)
    .flatMap(({ layout, parts }) =>
      layout.kind === "panels" && isQuantized(layout.storage)
        ? parts.map(({ tensor }) => ({ tensor, storage: showStorage(layout.storage) }))
        : [],
    );
  const used = new Set(
    programs.flatMap(({ weights, gathers }) => [
      ...weights.flatMap(({ parts }) => parts.map(({ tensor }) => tensor)),
      ...gathers.map(({ table }) => table),
    ]),
  );
  const [first] = quantized.filter(([name]) => used.has(name));
  if (wanted.length === 0 && first)
    throw new WeightsError("is quantised, but the plan's weights are floats", {
      file: bound.name,
      tensor: first[0],
      expected: 'a plan compiled with the "quantize" that the checkpoint\'s config.json asks for',
    });
  const floats = wanted.filter(({ tensor }) => !requireTensor(bound, tensor).quantized);
  if (floats.length > 0)
    throw new WeightsError("is quantised less than the plan expects", {
      file: bound.name,
      issues: floats.map(
        ({ tensor, storage }) =>
          `"${tensor}": expected ${storage}, received ${requireTensor(bound, tensor).dtype}`,
      ),
    });
}
