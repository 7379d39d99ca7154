/** What keys that a mask removes cost: processors take long for numbers too small for float32. */

/**
 * Times of attention over `keys` keys with half of them removed, as a part of those without. The
 * least of three ratios: the machine may become slower between two times, but hardly thrice.
 */
export async function maskCost(
  keys: number,
  timeWith: (mask: Float32Array) => Promise<number>,
): Promise<number> {
  const without = new Float32Array(keys);
  const half = Float32Array.from(without, (_, i) => (i < keys / 2 ? -3.4028234663852886e38 : 0));
  const ratios: number[] = [];
  for (let i = 0; i < 3; i++) ratios.push((await timeWith(half)) / (await timeWith(without)));
  return Math.min(...ratios);
}
