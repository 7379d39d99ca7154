/** Which graph a run uses: one for each bucket of batch sizes, set to the run's own sizes. */
import type { Symbols } from "@sigil/runtime/internal";

/** The power of two at or above each size, at most the planned one: 1, 2, 4, ... */
export function bucketOf(symbols: Symbols, most: Symbols): string {
  return Object.entries(symbols)
    .map(
      ([symbol, size]) => `${symbol}=${Math.min(most[symbol]!, 2 ** Math.ceil(Math.log2(size)))}`,
    )
    .join(" ");
}

export const showSizes = (symbols: Symbols): string =>
  Object.entries(symbols)
    .map(([symbol, size]) => `${symbol}=${size}`)
    .join(" ");
