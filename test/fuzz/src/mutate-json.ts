/** Changes a JSON document in a few places: its keys, its values, its shape, then its text. */
import { hostileTexts, hostileValues } from "./hostile.ts";
import { mutateBytes } from "./mutate-bytes.ts";
import type { Random } from "./random.ts";

type Container = unknown[] | Record<string, unknown>;

const isContainer = (value: unknown): value is Container =>
  typeof value === "object" && value !== null;

/** One of the values that break readers, now and then a long text. */
const hostile = (random: Random): unknown =>
  random.chance(0.002) ? "a".repeat(70_000) : structuredClone(random.pick(hostileValues));

/** Every object and array of a document that holds something, outermost first. */
function containers(value: unknown, found: Container[] = []): Container[] {
  if (!isContainer(value)) return found;
  if (Object.keys(value).length > 0) found.push(value);
  for (const member of Object.values(value)) containers(member, found);
  return found;
}

/** Sets a property, also one that assignment would not make (`__proto__`). */
function put(container: Container, key: string | number, value: unknown): void {
  Object.defineProperty(container, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/** Stands for deep nesting, which is written as text: JSON.stringify would overflow the stack. */
const nest = "\u{1faba}";

function nested(random: Random): string {
  const depth = random.pick([3, 50, 2000, 20_000]);
  const [open, close] = random.pick([
    ["[", "]"],
    ['{"a":', "}"],
  ] as const);
  return `${open.repeat(depth)}0${close.repeat(depth)}`;
}

/** A value near the one that is there: what a slip of the hand or an off-by-one makes of it. */
function near(random: Random, value: unknown): unknown {
  if (typeof value === "number")
    return random.pick([
      value + 1,
      value - 1,
      -value,
      value * 2,
      value / 2,
      value * 1e6,
      `${value}`,
    ]);
  if (typeof value === "string") {
    const at = random.integer(0, value.length);
    return (
      value.slice(0, at) +
      random.pick(["", "x", "-", ...hostileTexts.slice(0, 20)]) +
      value.slice(at + 1)
    );
  }
  return [value];
}

/** Makes one change; the root itself is replaced now and then. */
function change(random: Random, root: unknown, others: readonly unknown[]): unknown {
  const places = containers(root);
  if (places.length === 0 || random.chance(0.01)) return hostile(random);
  const place = random.pick(places);
  const keys = Object.keys(place);
  const key = random.pick(keys);
  const current = (place as Record<string, unknown>)[key];
  const donor = (): unknown => {
    const from = random.pick(containers(random.pick(others)));
    return from === undefined ? null : structuredClone(Object.values(from)[0]);
  };
  const actions: (() => void)[] = [
    () => put(place, key, hostile(random)),
    () => put(place, key, near(random, current)),
    () => put(place, key, near(random, current)),
    () => put(place, key, donor()),
    () => put(place, key, random.chance(0.05) ? nest : structuredClone(random.pick(places))),
    () => {
      if (Array.isArray(place)) place.splice(Number(key), 1);
      else delete place[key];
    },
    () => {
      if (Array.isArray(place)) place.splice(Number(key), 0, structuredClone(current));
      else put(place, random.pick([...hostileTexts, ...keys]), structuredClone(current));
    },
    () => {
      const other = random.pick(keys);
      const swapped = (place as Record<string, unknown>)[other];
      put(place, other, current);
      put(place, key, swapped);
    },
    () => {
      if (Array.isArray(place)) place.reverse();
      else {
        delete place[key];
        put(place, near(random, key) as string, current);
      }
    },
  ];
  random.pick(actions)();
  return root;
}

/** A document near `value`; `others` lend parts. The result may not be JSON any more. */
export function mutateJson(random: Random, value: unknown, others: readonly unknown[]): Uint8Array {
  let root = structuredClone(value);
  for (let left = random.pick([1, 1, 1, 2, 3, 6]); left > 0; left--)
    root = change(random, root, others);
  let text = JSON.stringify(root) ?? "";
  text = text.replaceAll(`"${nest}"`, () => nested(random));
  // What JSON.stringify cannot say, though writers do.
  if (random.chance(0.05))
    text = text.replace(
      /:\s*-?[0-9.e+]+/,
      `:${random.pick(["NaN", "Infinity", "-Infinity", "1e999", "-0", "1.0", "01"])}`,
    );
  const bytes = new TextEncoder().encode(text);
  return random.chance(0.05) ? mutateBytes(random, bytes, []) : bytes;
}
