/** An embedding scaled to length one, so that cosines are products. */
export function unitLength(row: Float32Array): Float32Array {
  const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
  return row.map((x) => x / length);
}
