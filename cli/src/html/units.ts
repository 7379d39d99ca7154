/** Numbers as people read them. */
const scaled = (value: number, units: readonly string[], step: number): string => {
  let i = 0;
  while (value >= step && i < units.length - 1) {
    value /= step;
    i++;
  }
  return `${value >= 100 || i === 0 ? value.toFixed(0) : value.toPrecision(3)} ${units[i]}`.trim();
};

export const showBytes = (bytes: number): string => scaled(bytes, ["B", "kB", "MB", "GB"], 1000);
export const showFlops = (flops: number): string =>
  scaled(flops, ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"], 1000);
export const showCount = (count: number): string => count.toLocaleString("en");
/** A count with its noun: `1 launch`, `3 launches`. */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
export const showPercent = (part: number, whole: number): string =>
  whole === 0 ? "0 %" : `${((100 * part) / whole).toFixed(part / whole < 0.0995 ? 1 : 0)} %`;
