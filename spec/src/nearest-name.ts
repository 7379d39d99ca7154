/** Nobody misspells a longer one, and comparing takes the square of the time. */
const longestName = 256;

/**
 * The candidate that a misspelt name most likely means, whatever its case, or undefined when none
 * is close.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > longestName) return undefined;
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase(), least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/**
 * Levenshtein distance with swaps of neighbours as one edit; `most` for all that are as far or
 * farther, which are given up early: checkpoints have thousands of long names.
 */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) >= most) return most;
  // What both end in is most of a tensor's name, and costs nothing.
  let end = 0;
  while (end < a.length && end < b.length && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const [rows, columns] = [a.length - end, b.length - end];
  let before: number[] = [];
  let previous = Array.from({ length: columns + 1 }, (_, j) => j);
  for (let i = 1; i <= rows; i++) {
    const row = [i];
    for (let j = 1; j <= columns; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(row[j - 1]! + 1, previous[j]! + 1, substituted);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    // No later row has less: not by a swap either, which adds one to the row before this, and that
    // is at most one less.
    if (Math.min(...row) >= most) return most;
    [before, previous] = [previous, row];
  }
  return previous[columns]!;
}
