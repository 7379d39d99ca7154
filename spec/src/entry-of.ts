/** What a map holds for a key that it must have; the lack of it is an internal error. */
export function entryOf<K extends string | number, V>(
  map: ReadonlyMap<K, V | undefined>,
  key: K,
  what: string,
): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`internal: there is no ${what} ${key}`);
  return value;
}
