import { nearestName } from "@sigil/spec/shared";
import { WeightsError } from "./error.ts";
import type { ExpectedWeight } from "./synthetic.ts";
import type { WeightSource } from "./weight-source.ts";

/**
 * Pairs of names that are compared for slips: a checkpoint of another model differs in thousands of
 * names, of which none is a slip of another, and comparing all takes minutes.
 */
const mostPairs = 10_000;

/** Checks that a source holds exactly the expected weights and returns it; every fault is listed in one WeightsError.
 * Tensors named `*.position_ids`, and those that `ignore` accepts, may be extra. */
export function bindWeights(
  source: WeightSource,
  expected: readonly ExpectedWeight[],
  options: { ignore?: (name: string) => boolean } = {},
): WeightSource {
  const names = new Set(expected.map(({ name }) => name));
  const extra = [...source.tensors.keys()].filter(
    (name) =>
      !names.has(name) &&
      name !== "position_ids" &&
      !name.endsWith(".position_ids") &&
      options.ignore?.(name) !== true,
  );
  const missing = expected.filter(({ name }) => !source.tensors.has(name)).length;
  const slipOf = (name: string, others: Iterable<string>): string | undefined =>
    missing * extra.length <= mostPairs ? nearestName(name, others) : undefined;
  const issues: string[] = [];
  for (const { name, shape } of expected) {
    const found = source.tensors.get(name);
    if (found === undefined) {
      const near = slipOf(name, extra);
      issues.push(
        `missing "${name}" [${shape.join(", ")}]${near === undefined ? "" : `; the file has "${near}"`}`,
      );
    } else if (
      found.shape.length !== shape.length ||
      found.shape.some((size, axis) => size !== shape[axis])
    ) {
      issues.push(
        `misshapen "${name}": expected [${shape.join(", ")}], received [${found.shape.join(", ")}]`,
      );
    }
  }
  for (const name of extra) {
    const near = slipOf(name, names);
    issues.push(`unexpected "${name}"${near === undefined ? "" : `; the model has "${near}"`}`);
  }
  if (issues.length > 0) {
    throw new WeightsError(
      `does not fit the model: ${issues.length} ${issues.length === 1 ? "problem" : "problems"}`,
      { file: source.name, issues },
    );
  }
  return source;
}
