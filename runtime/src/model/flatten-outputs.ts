import type { Tensor } from "./program.ts";

const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const isTensor = (value: object): value is Tensor => "data" in value && "shape" in value;

/** A model's outputs under transformers' nested names: `vision_model_output.hidden_states.0`. */
export function flattenOutputs(outputs: object, prefix = ""): Record<string, Tensor> {
  const flat: Record<string, Tensor> = {};
  for (const [key, value] of Object.entries(outputs) as [string, number | object][]) {
    const name = prefix + snakeCase(key);
    if (typeof value === "number") flat[name] = { data: Float32Array.of(value), shape: [] };
    else if (isTensor(value)) flat[name] = value;
    else Object.assign(flat, flattenOutputs(value, `${name}.`));
  }
  return flat;
}
