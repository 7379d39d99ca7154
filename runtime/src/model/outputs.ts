/**
 * Names of outputs: a plan has those of transformers, and TypeScript has them nested, in camelCase.
 */
import type { Tensor } from "./program.ts";

/** A tensor, or tensors by layer (`hidden_states`, `attentions`). */
export type Output = Tensor | LayerTensors;

/**
 * Tensors by layer index. This is an array if every layer was compiled in, and otherwise an object
 * with only the compiled layers.
 */
export type LayerTensors = readonly Tensor[] | Readonly<Record<number, Tensor>>;

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/**
 * Turns `{ "last_hidden_state": a, "hidden_states.0": b }` into `{ lastHiddenState: a,
 * hiddenStates: [b] }`.
 */
export function nestOutputs(outputs: Readonly<Record<string, Tensor>>): Record<string, Output> {
  const nested: Record<string, Output> = {};
  const layers = new Map<string, Record<number, Tensor>>();
  for (const [name, tensor] of Object.entries(outputs)) {
    const [, stem, index] = /^(.*)\.(\d+)$/.exec(name) ?? [];
    if (stem === undefined) nested[camelCase(name)] = tensor;
    else layers.set(stem, { ...layers.get(stem), [Number(index)]: tensor });
  }
  for (const [stem, byLayer] of layers) {
    const whole = Object.keys(byLayer).every((key, i) => Number(key) === i);
    nested[camelCase(stem)] = whole ? Object.values(byLayer) : byLayer;
  }
  return nested;
}
