/** Runs model cases on a session of any backend and compares them with what transformers computed. */
import { appendFileSync } from "node:fs";
import { SiglipModel, type Session, type Tensor } from "@sigil/runtime";
import { expect } from "vitest";
import { scaledError, type GoldenCase } from "./golden-cases.ts";

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Outputs under transformers' nested names. */
export function flatten(value: unknown, path: string, into: Record<string, ArrayLike<number>>): Record<string, ArrayLike<number>> {
  if (typeof value === "number") into[path] = [value];
  else if ((value as Tensor).data instanceof Float32Array) into[path] = (value as Tensor).data;
  else for (const [key, inner] of Object.entries(value as object)) flatten(inner, path === "" ? snake(key) : `${path}.${snake(key)}`, into);
  return into;
}

/** Every output of the case within the tolerance that its name has. */
export async function compare(golden: GoldenCase, actual: Record<string, ArrayLike<number>>, tolerance: (name: string) => number): Promise<void> {
  const names = [...golden.outputs.tensors.keys()].filter((name) => !name.startsWith("input."));
  expect(names.filter((name) => !(name in actual))).toEqual([]);
  const errors: Record<string, number> = {};
  for (const name of names) {
    const expected = await golden.outputs.readFloat32(name);
    errors[name] = name === "loss" ? Math.abs(actual[name]![0]! - expected[0]!) / Math.abs(expected[0]!) : scaledError(actual[name]!, expected);
  }
  if (process.env.SIGIL_ERRORS) appendFileSync(process.env.SIGIL_ERRORS, `${JSON.stringify({ case: golden.name, errors })}\n`);
  for (const name of names) expect(errors[name], name).toBeLessThan(tolerance(name));
}

/** Both towers and their scores, by every input that the case has. */
export async function runJoint(golden: GoldenCase, session: Session): Promise<Record<string, ArrayLike<number>>> {
  const { inputIds, attentionMask, positionIds } = golden;
  const text = { inputIds, ...(attentionMask && { attentionMask }), ...(positionIds && { positionIds }) };
  const model = new SiglipModel(session);
  const inputs = { ...text, pixelValues: golden.pixels };
  const outputs = golden.outputs.tensors.has("loss") ? await model.forward({ ...inputs, returnLoss: true }) : await model.forward(inputs);
  await model.dispose();
  return flatten(outputs, "", {});
}
