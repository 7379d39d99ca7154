/** The nearest name, against the plain definition of the distance. */
import { nearestName } from "@sigil/spec";
import { expect, it } from "vitest";

/**
 * Insertions, deletions, substitutions and swaps of neighbours, by the recurrence as it is defined.
 */
function distance(a: string, b: string, known = new Map<string, number>()): number {
  const key = `${a} ${b}`;
  if (known.has(key)) return known.get(key)!;
  const of = (x: string, y: string) => distance(x, y, known);
  let least =
    a.length === 0 || b.length === 0
      ? a.length + b.length
      : Math.min(
          of(a.slice(1), b) + 1,
          of(a, b.slice(1)) + 1,
          of(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1),
        );
  if (a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0])
    least = Math.min(least, of(a.slice(2), b.slice(2)) + 1);
  known.set(key, least);
  return least;
}

it("the nearest name is the first of the least distance, within a third of the name", () => {
  let state = 7;
  const random = (below: number): number =>
    (state = (state * 1103515245 + 12345) % 2 ** 31) % below;
  const word = (): string => Array.from({ length: 1 + random(9) }, () => "abc"[random(3)]).join("");
  for (let i = 0; i < 2000; i++) {
    const [name, candidates] = [word(), Array.from({ length: 5 }, word)];
    const distances = candidates.map((candidate) => distance(name, candidate));
    const least = Math.min(...distances);
    expect(nearestName(name, candidates), `${name} of ${candidates.join()}`).toBe(
      least <= Math.max(1, Math.floor(name.length / 3))
        ? candidates[distances.indexOf(least)]
        : undefined,
    );
  }
});
