/** Sizes of a run. */
import type { Extent } from "@sigil/spec";

/** The sizes that a run binds, such as a batch size. */
export type Symbols = Readonly<Record<string, number>>;

/** The value of a size in a run. */
export const valueOf = (extent: Extent, symbols: Symbols): number =>
  typeof extent === "number"
    ? extent
    : extent.symbols.reduce((product, symbol) => product * symbols[symbol]!, extent.factor);
