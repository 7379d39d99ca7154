import { nearestName } from "@sigil/spec/shared";
import { WeightsError } from "./error.ts";
import type { ExpectedWeight } from "./synthetic.ts";
import type { WeightSource } from "./weight-source.ts";

/**
 * The most pairs of names that are compared for misspellings. A checkpoint of another model differs
 * in thousands of names, and comparing all pairs takes minutes.
 */
const mostPairs = 10_000;
/** The most unexpected names that count as misspellings. More of them belong to another model. */
const mostSlips = 8;

/**
 * Checks that a source holds exactly the expected weights, and returns it. Extra tensors are
 * allowed if they are named `*.position_ids` or `ignore` accepts them. One WeightsError lists every
 * fault.
 */
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
        `missing "${name}" ` +
          `[${shape.join(", ")}]${near === undefined ? "" : `; the file has "${near}"`}`,
      );
    } else if (
      // A scalar may be stored as a vector of one, and the other way round.
      `${found.shape}` !== `${shape}` &&
      `${[...found.shape, ...shape]}` !== "1"
    ) {
      issues.push(
        `misshapen "${name}": expected [${shape.join(", ")}], received [${found.shape.join(", ")}]`,
      );
    }
  }
  // Of another model's checkpoint, not slips of names.
  const whole = issues.length === 0 && extra.length > mostSlips;
  if (whole)
    issues.push(
      `${extra.length} tensors that the model does not read, such as "${extra[0]}"; compile ` +
        "with --tower, or a spec with ignore_other_weights, if it is part of a larger model",
    );
  for (const name of whole ? [] : extra) {
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
