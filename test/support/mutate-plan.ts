/** Plans with one thing changed, drawn from a seed. */

/** From 0 to `most` - 1 (mulberry32). */
export const randomFrom = (seed: number): ((most: number) => number) => {
  let state = seed >>> 0;
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % most;
  };
};

type Holder = Record<string, unknown> | unknown[];
interface Place {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

function placesOf(root: Holder): Place[] {
  const places: Place[] = [];
  const visit = (holder: Holder, above: Place["path"]): void => {
    const entries = Array.isArray(holder) ? [...holder.entries()] : Object.entries(holder);
    for (const [key, value] of entries) {
      const path = [...above, key];
      places.push({ path, value });
      if (typeof value === "object" && value !== null) visit(value as Holder, path);
    }
  };
  visit(root, []);
  return places;
}

/** The value with `change` made to a copy of what holds the last key of the path. */
function changed(
  value: unknown,
  [key, ...rest]: Place["path"],
  change: (holder: Holder, key: string | number) => void,
): unknown {
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Holder;
  if (rest.length === 0) change(copy, key!);
  else {
    const inner = copy as Record<string | number, unknown>;
    inner[key!] = changed(inner[key!], rest, change);
  }
  return copy;
}

const numbers: readonly ((n: number) => number)[] = [
  (n) => n + 1,
  (n) => n - 1,
  (n) => n + 256,
  (n) => n - 256,
  (n) => 2 * n,
  (n) => n / 2,
  (n) => -n,
  () => 0,
  () => 1,
  () => 0.5,
  () => 2 ** 31,
  () => 2 ** 32,
  () => 2 ** 53,
  () => 1e300,
];
const others: readonly unknown[] = [null, true, "", "arena", "weights", "float16", -1, [], {}, "7"];

export interface Mutant<T> {
  readonly mutant: T;
  /** Where and how. */
  readonly change: string;
}

/** Draws copies of JSON with one place changed, which share the rest. */
export function mutator<T>(original: T, random: (most: number) => number): () => Mutant<T> {
  const places = placesOf(original as Holder);
  const pick = <V>(list: readonly V[]): V => list[random(list.length)]!;
  return () => {
    const { path, value } = pick(places);
    const at = `/${path.join("/")}`;
    const made = (how: string, change: (holder: Holder, key: string | number) => void) => ({
      mutant: changed(original, path, change) as T,
      change: `${at} ${how}`,
    });
    const set = (to: unknown) =>
      made(
        `from ${JSON.stringify(value)?.slice(0, 60)} to ${JSON.stringify(to)?.slice(0, 60)}`,
        (holder, key) => void ((holder as Record<string | number, unknown>)[key] = to),
      );
    const way = random(10);
    if (way === 0)
      return made("left out", (holder, key) => {
        if (Array.isArray(holder)) holder.splice(key as number, 1);
        else delete holder[key];
      });
    if (way === 1 && typeof path.at(-1) === "number")
      return made("twice", (holder, key) => {
        (holder as unknown[]).splice(key as number, 0, value);
      });
    // Another value of the same key is the likeliest to pass for right.
    if (way <= 3)
      return set(pick(places.filter((other) => other.path.at(-1) === path.at(-1))).value);
    if (way === 4) return set(pick(others));
    if (typeof value === "number") return set(pick(numbers)(value));
    if (typeof value === "string") return set(pick([`${value}x`, value.slice(1), "none"]));
    return set(pick(others));
  };
}
