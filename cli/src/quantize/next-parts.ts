import type { Kept } from "./measure.ts";
import type { MeasuredPart } from "./sensitivity.ts";

/**
 * The parts that go to 8 bits next, so that the least cosines may reach the target: of each tower
 * that misses it, those that cost most for each weight of theirs, until what is left of the
 * measured errors is small enough. None where the target is met or nothing is left.
 */
export function nextParts(
  kept: { readonly images?: Kept; readonly texts?: Kept },
  target: number,
  parts: readonly MeasuredPart[],
  raised: readonly string[],
): readonly string[] {
  return (["pictures", "texts"] as const).flatMap((tower) => {
    const least = (tower === "pictures" ? kept.images : kept.texts)?.least ?? 1;
    if (least >= target) return [];
    const left = parts
      .filter((part) => part.tower === tower && !raised.includes(part.pattern))
      .sort((a, b) => b.error / b.weights - a.error / a.weights);
    // Errors of parts add up, nearly; they are what a cosine lacks to 1.
    let sum = left.reduce((total, { error }) => total + error, 0);
    const allowed = (sum * (1 - target)) / (1 - least);
    const next: string[] = [];
    for (const { pattern, error } of left) {
      if (next.length > 0 && sum <= allowed) break;
      next.push(pattern);
      sum -= error;
    }
    return next;
  });
}
