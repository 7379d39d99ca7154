/** Scales an embedding to unit length, so that a dot product of two is their cosine. */
export function unitLength(row: Float32Array): Float32Array {
  const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
  return row.map((x) => x / length);
}
