/**
 * Sizes of a run. Not @sigil/runtime's, because the import maps of a page do not reach the workers
 * that load this.
 */
import type { Extent } from "@sigil/spec";

export type Symbols = Readonly<Record<string, number>>;

/** The value of a size in a run. */
export const valueOf = (extent: Extent, symbols: Symbols): number =>
  typeof extent === "number"
    ? extent
    : extent.symbols.reduce((product, symbol) => product * symbols[symbol]!, extent.factor);
