/** Arithmetic on sizes: numbers, or a number times symbols that a run binds. */
import type { Extent } from "@sigil/spec";

export type Shape = readonly Extent[];

export function multiply(...extents: readonly Extent[]): Extent {
  let factor = 1;
  const symbols: string[] = [];
  for (const extent of extents) {
    if (typeof extent === "number") factor *= extent;
    else {
      factor *= extent.factor;
      symbols.push(...extent.symbols);
    }
  }
  return symbols.length === 0 ? factor : { factor, symbols: symbols.sort() };
}

export const sameExtent = (a: Extent, b: Extent): boolean =>
  JSON.stringify(multiply(a)) === JSON.stringify(multiply(b));

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((extent, at) => sameExtent(extent, axis(b, at)));

/** The value of a size once its symbols are bound; an unbound symbol is an internal error. */
export function valueOf(extent: Extent, symbols: Readonly<Record<string, number>>): number {
  if (typeof extent === "number") return extent;
  return extent.symbols.reduce((product, symbol) => {
    const value = symbols[symbol];
    if (value === undefined) throw new Error(`internal: symbol ${symbol} is not bound`);
    return product * value;
  }, extent.factor);
}

/** The size of an axis, a negative one from the end. Throws ShapeError if there is none. */
export function axis(shape: Shape, at: number): Extent {
  const extent = shape.at(at);
  if (extent === undefined) throw new ShapeError(`${showShape(shape)} has no axis ${at}`);
  return extent;
}

export const elements = (shape: Shape): Extent => multiply(...shape);

/** Shapes that do not go together, or do not go with an operation. */
export class ShapeError extends Error {}

/** A size that no run changes; throws ShapeError for one that a run chooses, or that is missing. */
export function fixed(extent: Extent | undefined, what: string): number {
  if (typeof extent !== "number") throw new ShapeError(`${what} must be known when compiling`);
  return extent;
}

export const showShape = (shape: Shape): string =>
  "[" +
  shape
    .map((e) =>
      typeof e === "number" ? e : [...(e.factor === 1 ? [] : [e.factor]), ...e.symbols].join("*"),
    )
    .join(", ") +
  "]";
