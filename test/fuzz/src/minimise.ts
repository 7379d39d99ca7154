/** Makes an input smaller as long as it keeps its fault. */
type Holds = (input: Uint8Array) => Promise<boolean>;

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** Milliseconds at most: a parent takes a child that is silent for 60 s to hang. */
const patience = 20_000;

/** The smallest input found within `tries` runs that `holds` still accepts. */
export async function minimise(input: Uint8Array, holds: Holds, tries = 2000): Promise<Uint8Array> {
  let left = tries;
  const until = Date.now() + patience;
  const bounded: Holds = async (candidate) =>
    left-- > 0 && Date.now() < until && (await holds(candidate));
  return minimiseBytes(await minimiseJson(input, bounded).catch(() => input), bounded);
}

/**
 * Leaves out members of objects and arrays, the outermost first. Rejects where JSON.stringify
 * overflows the stack.
 */
async function minimiseJson(input: Uint8Array, holds: Holds): Promise<Uint8Array> {
  let root: unknown;
  try {
    root = JSON.parse(new TextDecoder().decode(input));
  } catch {
    return input;
  }
  if (!(await holds(encode(root)))) return input;
  const visit = async (value: unknown): Promise<void> => {
    if (typeof value !== "object" || value === null) return;
    const members = value as Record<string, unknown>;
    for (const key of Object.keys(members).reverse()) {
      const member = members[key];
      if (Array.isArray(value)) value.splice(Number(key), 1);
      else delete members[key];
      if (await holds(encode(root))) continue;
      if (Array.isArray(value)) value.splice(Number(key), 0, member);
      else
        Object.defineProperty(members, key, {
          value: member,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      await visit(member);
    }
  };
  await visit(root);
  return encode(root);
}

/** Leaves out stretches, halves first. */
async function minimiseBytes(input: Uint8Array, holds: Holds): Promise<Uint8Array> {
  let smallest = input;
  for (let length = input.length >> 1; length >= 1; length >>= 1) {
    for (let at = 0; at + length <= smallest.length; ) {
      const candidate = Uint8Array.from(
        Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + length)]),
      );
      if (await holds(candidate)) smallest = candidate;
      else at += length;
    }
  }
  return smallest;
}
