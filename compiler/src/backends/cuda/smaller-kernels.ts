/**
 * Kernels for smaller batches: the best tile for 50,000 rows leaves most of a card idle at 200.
 */
import type { Extent } from "@sigil/spec";
import { valueOf } from "../../ir/extent.ts";
import type { EmitContext, Emitted } from "./emitted.ts";
import type { SmallerKernel } from "./kernel.ts";

type Sizes = EmitContext["symbols"];

/**
 * Batches up to which a launch may have a kernel of its own. Powers of two: the runtime keeps a
 * graph for the batches between two of them, whose kernels stay the same.
 */
const batches = [1, 4, 16, 64] as const;

/** A program's sizes at each smaller batch, by rising batch. */
export const smallerSizes = (largest: Sizes): Sizes[] =>
  batches
    .filter((batch) => Object.values(largest).some((size) => batch < size))
    .map((batch) =>
      Object.fromEntries(
        Object.entries(largest).map(([symbol, size]) => [symbol, Math.min(size, batch)]),
      ),
    );

const isSame = (a: Emitted, b: Emitted): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * The kernel for the largest sizes, which names those for smaller ones that differ from it. `add`
 * returns the name of a kernel.
 */
export function withSmaller(
  largest: Emitted,
  smaller: readonly { readonly sizes: Sizes; readonly emitted: Emitted }[],
  add: (emitted: Emitted) => string,
): Emitted {
  const rows: Extent | undefined = largest.extents[0];
  if (rows === undefined || typeof rows === "number") return largest;
  const runs: { emitted: Emitted; upTo: number }[] = [];
  for (const { sizes, emitted } of smaller) {
    const upTo = valueOf(rows, sizes);
    const last = runs.at(-1);
    if (last && isSame(last.emitted, emitted)) last.upTo = upTo;
    else runs.push({ emitted, upTo });
  }
  const last = runs.at(-1);
  if (last && isSame(last.emitted, largest)) runs.pop();
  if (runs.length === 0) return largest;
  const named: SmallerKernel[] = runs.map(({ emitted, upTo }) => ({ upTo, kernel: add(emitted) }));
  return { ...largest, kernel: { ...largest.kernel, smaller: named } };
}
