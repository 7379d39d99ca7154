import { requireTensor, type TensorInfo, type WeightSource } from "./weight-source.ts";

const prefixes = ["text_model.", "vision_model."];

/**
 * A view of a source under the expected names, whether its file has the tower prefix or not; other
 * tensors keep their names.
 */
export function withPrefixes(source: WeightSource, expectedNames: Iterable<string>): WeightSource {
  const expected = [...expectedNames];
  const stored = new Map<string, string>();
  const towers = prefixes.filter((prefix) => expected.some((name) => name.startsWith(prefix)));
  // Expected with the prefix, stored without: possible for one tower only, or both would claim the
  // same tensors.
  const strip =
    towers.length === 1 && ![...source.tensors.keys()].some((name) => name.startsWith(towers[0]!))
      ? towers[0]
      : undefined;
  // Expected without, stored with: the tower that has the most of the names.
  const bare = towers.length > 0 ? [] : expected.filter((name) => !source.tensors.has(name));
  const score = (prefix: string) => bare.filter((name) => source.tensors.has(prefix + name)).length;
  const add = score(prefixes[1]!) > score(prefixes[0]!) ? prefixes[1]! : prefixes[0]!;
  for (const name of expected) {
    if (source.tensors.has(name)) continue;
    const alias =
      strip !== undefined && name.startsWith(strip)
        ? name.slice(strip.length)
        : towers.length === 0
          ? add + name
          : undefined;
    if (alias !== undefined && source.tensors.has(alias)) stored.set(name, alias);
  }
  if (stored.size === 0) return source;
  const renamed = new Map([...stored].map(([name, alias]) => [alias, name]));
  const tensors = new Map<string, TensorInfo>(
    [...source.tensors].map(([name, info]) => [renamed.get(name) ?? name, info]),
  );
  const resolve = (name: string) => {
    requireTensor({ name: source.name, tensors }, name);
    return stored.get(name) ?? name;
  };
  return {
    name: source.name,
    tensors,
    metadata: source.metadata,
    read: async (name, options) => source.read(resolve(name), options),
    readFloat32: async (name, options) => source.readFloat32(resolve(name), options),
    readRowsFloat32: async (name, rows, options) =>
      source.readRowsFloat32(resolve(name), rows, options),
    ...(source.verify && { verify: source.verify.bind(source) }),
    close: () => source.close(),
  };
}
