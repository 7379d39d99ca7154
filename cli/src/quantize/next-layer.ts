import type { Matrix } from "./find-matrices.ts";
import type { QuantizationReport } from "./report.ts";

/**
 * The pattern of the encoder layer that goes to 8 bits next: the first one that has not, of the
 * tower whose least cosine misses the target by more. What an early layer loses, all later ones
 * carry on: in siglip-shapes the error of a layer alone falls from the first to the last. Undefined
 * where the target is met, or nothing is left.
 */
export function nextLayer(
  kept: NonNullable<QuantizationReport["kept"]>,
  target: number,
  raised: readonly string[],
  matrices: ReadonlyMap<string, Matrix>,
): string | undefined {
  const layers = [
    ...new Set(
      [...matrices.keys()].flatMap((name) => /^(.*\.layers\.\d+)\./.exec(name)?.[1] ?? []),
    ),
  ].map((layer) => `${layer}.*`);
  const missing = [
    { tower: "vision", least: kept.images?.least ?? 1 },
    { tower: "text", least: kept.texts?.least ?? 1 },
  ]
    .filter(({ least }) => least < target)
    .sort((a, b) => a.least - b.least);
  for (const { tower } of missing) {
    const next = layers.find((layer) => layer.includes(tower) && !raised.includes(layer));
    if (next !== undefined) return next;
  }
  return missing.length > 0 && !layers.some((layer) => /vision|text/.test(layer))
    ? layers.find((layer) => !raised.includes(layer))
    : undefined;
}
