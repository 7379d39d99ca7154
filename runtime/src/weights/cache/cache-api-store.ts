import type { ByteStore } from "./byte-store.ts";

const prefix = "sigil/";
/** Entries are named by URLs; nothing is ever asked of this one. */
const address = (key: string): string => `https://sigil.invalid/${key}`;

/** Pieces as responses of the Cache API, a cache per bucket. */
export function cacheApiStore(): ByteStore {
  return {
    buckets: async () =>
      (await caches.keys())
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length)),
    remove: async (bucket) => void (await caches.delete(prefix + bucket)),
    async open(bucket) {
      const cache = await caches.open(prefix + bucket);
      return {
        keys: async () => (await cache.keys()).map(({ url }) => url.slice(address("").length)),
        get: async (key) => (await cache.match(address(key)))?.blob(),
        put: (key, bytes) =>
          cache.put(address(key), new Response(bytes as Uint8Array<ArrayBuffer>)),
      };
    },
  };
}
