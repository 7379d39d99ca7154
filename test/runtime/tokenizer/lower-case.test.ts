/**
 * Lower case of every code point, as Python and tokenizers have it, on whatever engine runs this.
 */
import { describe, expect, test } from "vitest";
import { json } from "./fixtures.ts";

// Inside the package: what a tokenizer makes of a letter shows only some of it.
const file = new URL("../../../runtime/dist/tokenizer/lower-case.js", import.meta.url).href;
const { pythonLower, lowerEach } = (await import(file)) as Record<
  "pythonLower" | "lowerEach",
  (text: string) => string
>;

type Ranges = readonly (readonly [first: number, last: number])[];
const golden = json<{
  readonly python: readonly (readonly number[])[];
  readonly tokenizers: readonly (readonly number[])[];
  readonly cased: Ranges;
  readonly ignorable: Ranges;
  readonly texts: readonly (readonly [text: string, lower: string])[];
}>("lower-case.json");

const points = Array.from({ length: 0x110000 }, (_, point) => point).filter(
  (point) => point < 0xd800 || point > 0xdfff,
);

function mapping(runs: readonly (readonly number[])[]): Map<number, string> {
  const map = new Map<number, string>();
  for (const [first, step, count, difference, ...more] of runs)
    for (let i = 0; i < count!; i++) {
      const point = first! + i * step!;
      map.set(point, String.fromCodePoint(point + difference!, ...more));
    }
  return map;
}

describe.each([
  ["Python 3.11", pythonLower, golden.python],
  ["tokenizers 0.23", lowerEach, golden.tokenizers],
] as const)("lower-casing as in %s", (_, lower, runs) => {
  test("every code point", () => {
    const expected = mapping(runs);
    const different = points.filter((point) => {
      const char = String.fromCodePoint(point);
      return lower(char) !== (expected.get(point) ?? char);
    });
    expect(different).toEqual([]);
  });
});

test("a sigma is final beside what Unicode 14 has as cased and as ignored by casing", {
  timeout: 60_000,
}, () => {
  const inside = (ranges: Ranges) => {
    const set = new Set<number>();
    for (const [first, last] of ranges) for (let p = first; p <= last; p++) set.add(p);
    return set;
  };
  const cased = inside(golden.cased);
  const ignorable = inside(golden.ignorable);
  const different = points.filter((point) => {
    const char = String.fromCodePoint(point);
    const final = "\u03c2";
    return (
      (pythonLower(`${char}\u03a3`).at(-1) === final) !== cased.has(point) ||
      (pythonLower(`A${char}\u03a3`).at(-1) === final) !==
        (cased.has(point) || ignorable.has(point)) ||
      (pythonLower(`A\u03a3${char}`)[1] === final) === (cased.has(point) && !ignorable.has(point))
    );
  });
  expect(different).toEqual([]);
});

test("texts are lower-cased as Python does", () => {
  expect(golden.texts.map(([text]) => [text, pythonLower(text)])).toEqual(golden.texts);
  expect(lowerEach("\u039f\u0394\u039f\u03a3")).toBe("\u03bf\u03b4\u03bf\u03c3");
});

// Quadratic time would be minutes.
test("a million letters, sigmas and apostrophes take linear time", { timeout: 60_000 }, () => {
  for (const text of ["\u03a3", "A'\u03a3", "''''", "A\u03a3'"]) {
    const long = text.repeat(1_000_000 / text.length);
    const start = performance.now();
    expect(pythonLower(`${long}\u03a3`)).toHaveLength(long.length + 1);
    expect(performance.now() - start).toBeLessThan(10_000);
  }
});
