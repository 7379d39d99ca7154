/** Bytes that a file keeps of a published model, by shapes alone. */
import { loadSpec, specPath } from "@sigil/spec";
import { expect, it } from "vitest";
import { storedTensors } from "../../cli/dist/quantize/encode.js";
import { findMatrices } from "../../cli/dist/quantize/find-matrices.js";
import type { RuleOptions } from "../../cli/dist/quantize/rules.js";
import { encodingsOf } from "../../cli/dist/quantize/write-quantized.js";

const bytes: Readonly<Record<string, number>> = { I8: 1, F16: 2, I32: 4, F32: 4 };

function megabytes(name: string, to: RuleOptions["to"], table?: RuleOptions["table"]): number {
  const model = findMatrices(loadSpec(specPath(name)));
  const encodings = encodingsOf(model, { to, table, group: "32", keep: [], raised: [] });
  let sum = 0;
  for (const [tensor, shape] of model.tensors)
    for (const stored of storedTensors(tensor, shape, encodings.get(tensor)!))
      sum += bytes[stored.dtype]! * stored.shape.reduce((a, b) => a * b, 1);
  return sum / 1e6;
}

it("base-patch16-224 is at most 208 MB in int8 and 120 MB in int4", () => {
  expect(megabytes("siglip-base-patch16-224", "int8")).toBeLessThan(208);
  expect(megabytes("siglip-base-patch16-224", "int4")).toBeLessThan(120);
  // Its 24.6 million weights of the table are what decides.
  expect(megabytes("siglip-base-patch16-224", "int4", "int8")).toBeGreaterThan(120);
});
