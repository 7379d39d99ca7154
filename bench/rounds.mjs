/** Times several sides in turn, so that whatever else the machine does hits all of them alike. */
import { setTimeout } from "node:timers/promises";

/**
 * Milliseconds between two sides. onnxruntime's threads look for more work for some time after a
 * run, and would take processors from the next side: from another session of its own as well.
 */
const rest = 200;

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
      await setTimeout(rest);
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
