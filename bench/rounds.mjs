/** Times several sides in turn, so that whatever else the machine does hits all of them alike. */

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Milliseconds of processor time of all threads so far, which other processes take nothing of. */
export const processorTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
};

/**
 * Milliseconds of each side by a clock: median, minimum and all of `count` rounds, after one to
 * warm up.
 */
export async function rounds(sides, count, clock = () => performance.now()) {
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round <= count; round++)
    for (const [name, run] of Object.entries(sides)) {
      const begin = clock();
      await run();
      if (round > 0) times[name].push(clock() - begin);
    }
  return Object.fromEntries(
    Object.entries(times).map(([name, values]) => [
      name,
      { median: median(values), minimum: Math.min(...values), all: values },
    ]),
  );
}
