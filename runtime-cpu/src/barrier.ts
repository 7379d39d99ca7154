/** Threads meet here between launches. */

/** Words of the control buffer. */
const arrived = 0;
const generation = 1;
const stopped = 2;
export const controlBytes = 12;
/** Looks before sleeping: launches follow each other in microseconds, waking takes tens of them. */
const looks = 2000;

/**
 * Waits until all `threads` have come; false when the run was stopped because another one failed.
 */
export function meet(control: Int32Array, threads: number): boolean {
  const current = Atomics.load(control, generation);
  if (Atomics.add(control, arrived, 1) === threads - 1) {
    Atomics.store(control, arrived, 0);
    Atomics.add(control, generation, 1);
    Atomics.notify(control, generation);
  } else {
    for (let look = 0; look < looks && Atomics.load(control, generation) === current; look++);
    while (Atomics.load(control, generation) === current && Atomics.load(control, stopped) === 0)
      Atomics.wait(control, generation, current);
  }
  return Atomics.load(control, stopped) === 0;
}

/** Lets everyone out of the barrier for good: the program cannot run again. */
export function stop(control: Int32Array): void {
  Atomics.store(control, stopped, 1);
  Atomics.add(control, generation, 1);
  Atomics.notify(control, generation);
}
