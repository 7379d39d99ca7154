/**
 * How far a matrix of embeddings is from the right one, as the bars for 16-bit storage are stated.
 */

/** The largest difference of an element, and the least cosine between rows of `width`. */
export function compareEmbeddings(
  actual: Float32Array,
  expected: Float32Array,
  width: number,
): { readonly worst: number; readonly cosine: number } {
  const dot = (a: Float32Array, b: Float32Array): number =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  let cosine = 1;
  for (let at = 0; at < expected.length; at += width) {
    const [x, y] = [actual, expected].map((data) => data.subarray(at, at + width)) as [
      Float32Array,
      Float32Array,
    ];
    cosine = Math.min(cosine, dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)));
  }
  // Math.max keeps a NaN, so that it is the worst of all.
  const worst = expected.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - actual[i]!)),
    0,
  );
  return { worst, cosine };
}
