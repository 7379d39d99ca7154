import { elements } from "./extent.ts";
import type { Value } from "./graph.ts";

const bytesOfElement = { float32: 4, int32: 4, float16: 2, bfloat16: 2, uint8: 1 } as const;

export const elementBytes = ({ dtype }: Pick<Value, "dtype">): number => bytesOfElement[dtype];

/** Bytes of a value when every symbol is largest. */
export function bytesOf(value: Value, symbols: Readonly<Record<string, number>>): number {
  const count = elements(value.shape);
  const most =
    typeof count === "number"
      ? count
      : count.symbols.reduce((n, symbol) => n * symbols[symbol]!, count.factor);
  return elementBytes(value) * most;
}
