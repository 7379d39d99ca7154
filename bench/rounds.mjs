/** Times several sides in turn, so that whatever else the machine does hits all of them alike. */

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Milliseconds of each side: median and minimum over `count` rounds, after one to warm up. */
export async function rounds(sides, count) {
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round <= count; round++)
    for (const [name, run] of Object.entries(sides)) {
      const begin = performance.now();
      await run();
      if (round > 0) times[name].push(performance.now() - begin);
    }
  return Object.fromEntries(
    Object.entries(times).map(([name, values]) => [
      name,
      { median: median(values), minimum: Math.min(...values) },
    ]),
  );
}
