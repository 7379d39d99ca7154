/**
 * Compares what a session of any backend computed of a model case with what transformers computed.
 */
import { appendFileSync } from "node:fs";
import { expect } from "vitest";
import { outputNames, scaledError, type GoldenCase } from "./golden-cases.ts";

export { flatten, runJoint } from "./run-case.ts";

/** Every output of the case within the tolerance that its name has. */
export async function compare(
  golden: GoldenCase,
  actual: Record<string, ArrayLike<number>>,
  tolerance: (name: string) => number,
): Promise<void> {
  const names = outputNames(golden);
  expect(names.filter((name) => !(name in actual))).toEqual([]);
  const errors: Record<string, number> = {};
  for (const name of names) {
    const expected = await golden.outputs.readFloat32(name);
    errors[name] =
      name === "loss"
        ? Math.abs(actual[name]![0]! - expected[0]!) / Math.abs(expected[0]!)
        : scaledError(actual[name]!, expected);
  }
  if (process.env.SIGIL_ERRORS)
    appendFileSync(process.env.SIGIL_ERRORS, `${JSON.stringify({ case: golden.name, errors })}\n`);
  for (const name of names) expect(errors[name], name).toBeLessThan(tolerance(name));
}
