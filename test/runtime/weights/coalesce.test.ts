/** Reads that are merged though their callers leave by signals of their own. */
import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { coalesced, type ReadBytes } from "../../../runtime/dist/weights/coalesce.js";
import { onAbort } from "../../../runtime/dist/weights/on-abort.js";

/** Reads that end when the test says so. */
function heldReads() {
  const asked: { offset: number; length: number; signal: AbortSignal; finish: () => void }[] = [];
  const read: ReadBytes = (offset, length, signal) =>
    new Promise((resolve, reject) => {
      signal!.addEventListener("abort", () => reject(signal!.reason));
      const bytes = Uint8Array.from({ length }, (_, i) => offset + i);
      asked.push({ offset, length, signal: signal!, finish: () => resolve(bytes) });
    });
  return { asked, read: coalesced(read) };
}
const outcome = (promise: Promise<Uint8Array>): Promise<unknown> =>
  promise.then(
    (bytes) => Array.from(bytes),
    (error: unknown) => error,
  );

it("neighbours are one read, whatever their signals, and each is left by its own", async () => {
  const { asked, read } = heldReads();
  const [one, two] = [new AbortController(), new AbortController()];
  const outcomes = [read(0, 2, one.signal), read(4, 2, two.signal), read(8, 2)].map(outcome);
  await expect.poll(() => asked.length).toBe(1);
  expect(asked[0]).toMatchObject({ offset: 0, length: 10 });
  one.abort("one left");
  expect(await outcomes[0]).toBe("one left");
  expect(asked[0]!.signal.aborted).toBe(false);
  asked[0]!.finish();
  expect(await Promise.all(outcomes)).toEqual(["one left", [4, 5], [8, 9]]);
});

it("what all have left is stopped, and what was left before it began is not read", async () => {
  const { asked, read } = heldReads();
  const [one, two, early] = [new AbortController(), new AbortController(), new AbortController()];
  const outcomes = [
    read(0, 2, one.signal),
    read(2, 2, two.signal),
    read(4, 2, early.signal),
    read(4, 2, AbortSignal.abort("before")),
  ].map(outcome);
  early.abort("early");
  await expect.poll(() => asked.length).toBe(1);
  expect(asked[0]).toMatchObject({ offset: 0, length: 4 });
  one.abort("one left");
  two.abort("two left");
  expect(asked[0]!.signal.aborted).toBe(true);
  expect(await Promise.all(outcomes)).toEqual(["one left", "two left", "early", "before"]);
});

it("a signal has one listener, however many wait, and none when they have gone", () => {
  const { signal } = new AbortController();
  const leave = Array.from({ length: 100 }, () => onAbort(signal, () => {}));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  for (const one of leave) one();
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it("an abort calls each that waits once, and not who has gone", () => {
  const abort = new AbortController();
  const called: string[] = [];
  onAbort(abort.signal, () => called.push("stays"));
  onAbort(abort.signal, () => called.push("goes"))();
  abort.abort();
  abort.abort();
  expect(called).toEqual(["stays"]);
});
