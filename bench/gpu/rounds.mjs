/** Timings in turns, and what they say. */
export const quantile = (times, q) =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(q * times.length))];
export const median = (times) => quantile(times, 0.5);

const warmups = 20;

/**
 * Each side in turns, twice, since clocks drift. `sides` are functions of a count of runs to the
 * milliseconds of each; the result has both turns of each.
 */
export async function inTurns(sides, count) {
  const turns = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (const time of Object.values(sides)) await time(Math.min(warmups, count));
  for (let turn = 0; turn < 2; turn++)
    for (const [name, time] of Object.entries(sides))
      turns[name].push(await time(Math.max(1, Math.ceil(count / 2))));
  return turns;
}

/** By how much the medians of a side's two turns are apart, over their mean. */
export function spreadOf([first, second]) {
  const [a, b] = [median(first), median(second)];
  return (2 * Math.abs(a - b)) / (a + b);
}

/**
 * Ours beside theirs: how many times faster, and whether that is more than either side differs from
 * itself.
 */
export function compareSides({ ours, theirs }) {
  const ratio = median(theirs.flat()) / median(ours.flat());
  const spread = Math.max(spreadOf(ours), spreadOf(theirs));
  return { ratio, spread, differs: Math.abs(ratio - 1) > spread };
}
