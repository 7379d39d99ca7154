/**
 * What is kept of a file between visits, in a store of memory that can be full, damaged and shared.
 */
import { createHash } from "node:crypto";
import {
  cachedFiles,
  cachedSource,
  clearCached,
  uniform,
  urlSource,
  WeightsError,
  type ByteStore,
  type CachedSourceOptions,
} from "@sigil/runtime/internal";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { breakAfter, fileServer, type FileServer } from "./file-server.ts";

const MiB = 1 << 20;
const bytes = new Uint8Array(uniform("file", 3 * MiB).buffer);
const digest = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** A store whose content the tests see and spoil. */
function memoryStore(
  most = Infinity,
): ByteStore & { readonly content: Map<string, Map<string, Uint8Array>> } {
  const content = new Map<string, Map<string, Uint8Array>>();
  return {
    content,
    buckets: async () => [...content.keys()],
    remove: async (bucket) => void content.delete(bucket),
    async open(name) {
      content.set(name, content.get(name) ?? new Map<string, Uint8Array>());
      // Found by name each time, as folders of a file system are.
      const of = () => content.get(name) ?? new Map<string, Uint8Array>();
      return {
        keys: async () => [...of().keys()],
        get: async (key) => (of().has(key) ? new Blob([of().get(key)! as BlobPart]) : undefined),
        async put(key, data) {
          const bucket = content.get(name);
          if (!bucket) throw new DOMException("it was removed", "NotFoundError");
          const stored = [...content.values()]
            .flatMap((one) => [...one.values()])
            .reduce((sum, { length }) => sum + length, 0);
          if (stored + data.length > most) throw new DOMException("full", "QuotaExceededError");
          bucket.set(key, data.slice());
        },
      };
    },
  };
}

let server: FileServer;
let warnings: string[];
beforeEach(async () => {
  server = await fileServer(bytes);
  warnings = [];
});
afterEach(() => server.close());
const visit = (store: ByteStore, options: CachedSourceOptions = {}) =>
  cachedSource(urlSource(server.url, { backoff: 1, retries: 1 }), {
    store,
    onWarning: ({ code, message }) => warnings.push(`${code}: ${message}`),
    ...options,
  });
const asked = (): number => server.ranges.splice(0).length;
const agrees = (found: Uint8Array, at: number): boolean =>
  Buffer.compare(found, bytes.subarray(at, at + found.length)) === 0;

describe("the next visit", () => {
  it("asks for nothing that is kept, and only for the rest", async () => {
    const store = memoryStore();
    const first = visit(store);
    expect(agrees(await first.read(MiB + 100, 6 * MiB), MiB + 100)).toBe(true);
    expect(asked()).toBe(3);
    const second = visit(store);
    expect([
      await second.size(),
      agrees(await second.read(2 * MiB, 3 * MiB), 2 * MiB),
      agrees(await second.read(0, 1000), 0),
      asked(),
    ]).toEqual([bytes.length, true, true, 0]);
    expect(agrees(await second.read(6 * MiB, 2 * MiB), 6 * MiB)).toBe(true);
    expect(server.ranges.splice(0).map(([from]) => from)).toEqual([0, 7 * MiB + 100]);
    expect(warnings).toEqual([]);
  });

  it("fetches short rows in blocks, so that neighbours are there already", async () => {
    const source = visit(memoryStore());
    await source.read(5 * MiB + 100, 12);
    asked();
    expect(agrees(await source.read(5 * MiB + 20_000, 12), 5 * MiB + 20_000)).toBe(true);
    expect(asked()).toBe(0);
  });

  it("goes on where a transfer broke off", async () => {
    const store = memoryStore();
    server.instead = (_, response, first, last) =>
      first >= 5 * MiB && breakAfter(server, response, first, last, 10);
    await expect(visit(store).read(MiB, 8 * MiB)).rejects.toThrow(/broke off/);
    server.instead = undefined;
    // A piece that was under way when the other broke may come in late.
    await expect
      .poll(async () => (await cachedFiles(store))[0]!.storedBytes)
      .toBeGreaterThan(4 * MiB);
    asked();
    expect(agrees(await visit(store).read(MiB, 8 * MiB), MiB)).toBe(true);
    expect(server.ranges.every(([from]) => from === 0 || from >= 5 * MiB)).toBe(true);
  });

  it("reads again what a store has lost or spoilt", async () => {
    const store = memoryStore();
    await visit(store).read(MiB, 6 * MiB);
    const [bucket] = store.content.values();
    const [one, other] = [...bucket!.keys()].filter(
      (key) => !key.startsWith("0-") && key !== "file.json",
    );
    bucket!.delete(one!);
    bucket!.set(other!, new Uint8Array(3));
    bucket!.set("file.json", bucket!.get("file.json")!.subarray(0, 9));
    expect(agrees(await visit(store).read(MiB, 6 * MiB), MiB)).toBe(true);
    asked();
    expect(agrees(await visit(store).read(MiB, 6 * MiB), MiB)).toBe(true);
    expect(asked()).toBe(0);
  });

  it("reads again what is spoilt where another tab has stored a part of it", async () => {
    const store = memoryStore();
    await visit(store).read(5 * MiB + 100, 12);
    const [bucket] = [...store.content.values()];
    // Two stretches that overlap, and the first is cut off.
    bucket!.set(`${2 * MiB}-${2 * MiB + 1000}`, bytes.slice(2 * MiB, 2 * MiB + 10));
    bucket!.set(`${2 * MiB + 500}-${2 * MiB + 1500}`, bytes.slice(2 * MiB + 500, 2 * MiB + 1500));
    expect(agrees(await visit(store).read(2 * MiB + 600, 100), 2 * MiB + 600)).toBe(true);
  });

  it("keeps all of a file that can only be had as a whole", async () => {
    server.instead = (_, response) => !!response.setHeader("ETag", '"1"').end(server.bytes);
    const store = memoryStore();
    const source = cachedSource(urlSource(server.url, { onWarning: () => {} }), { store });
    await source.read(0, 8);
    asked();
    expect(agrees(await visit(store).read(9 * MiB, MiB), 9 * MiB)).toBe(true);
    expect(asked()).toBe(0);
  });
});

describe("a file that has changed", () => {
  it("is an error where bytes are missing, and new at the next load", async () => {
    const store = memoryStore();
    await visit(store).read(0, 8);
    server.etag = '"2"';
    server.bytes = bytes.slice().fill(7, MiB);
    const source = visit(store);
    const error = await source.read(MiB, 8).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WeightsError);
    // Whoever has read the header of the old file must not get bytes of the new one.
    expect(await source.read(2 * MiB, 8).catch((reason: unknown) => reason)).toBe(error);
    expect(error).toMatchObject({
      message: expect.stringMatching(/has changed since it was cached.*load it again/),
      expected: expect.stringMatching(/version "1"/),
      received: expect.stringMatching(/version "2"/),
    });
    expect([...(await visit(store).read(MiB, 2))]).toEqual([7, 7]);
    expect(await cachedFiles(store)).toHaveLength(1);
  });

  it("is found before anything is read by those who ask", async () => {
    const store = memoryStore();
    await visit(store).read(MiB, MiB);
    asked();
    await visit(store, { revalidate: true }).read(MiB, MiB);
    expect(asked()).toBe(1);
    server.etag = '"2"';
    server.bytes = bytes.slice().fill(7, MiB);
    expect([...(await visit(store, { revalidate: true }).read(MiB, 2))]).toEqual([7, 7]);
  });

  it("keeps its states apart, whoever writes last", async () => {
    const store = memoryStore();
    const old = visit(store);
    await old.read(MiB, 8);
    let release = (): void => {};
    server.instead = (_, response, first, last) =>
      first === 4 * MiB &&
      (release = () =>
        void response
          .writeHead(206, {
            "Content-Range": `bytes ${first}-${last}/${bytes.length}`,
            ETag: '"1"',
          })
          .end(bytes.subarray(first, last + 1))) !== undefined;
    const late = old.read(4 * MiB, 8);
    await expect.poll(() => server.ranges.some(([first]) => first === 4 * MiB)).toBe(true);
    server.instead = undefined;
    server.etag = '"2"';
    server.bytes = bytes.slice().fill(7, MiB);
    const renewed = visit(store, { revalidate: true });
    await renewed.read(MiB, 8);
    // What the old tab asked for comes only now; it has its use there, and no place in what is kept
    // of the new file.
    release();
    expect(agrees(await late, 4 * MiB)).toBe(true);
    const third = visit(store);
    expect([...(await third.read(4 * MiB, 2)), ...(await third.read(MiB, 2))]).toEqual([
      7, 7, 7, 7,
    ]);
  });
});

describe("storage", () => {
  it("that is full is said once, and the file comes from the network", async () => {
    const store = memoryStore(5 * MiB);
    const source = visit(store);
    expect(agrees(await source.read(MiB, 10 * MiB), MiB)).toBe(true);
    expect(agrees(await source.read(11 * MiB, MiB), 11 * MiB)).toBe(true);
    expect(warnings).toEqual([expect.stringMatching(/^not-cached: .*quota exceeded/)]);
  });

  it.each([
    ["that is not there", undefined, /no storage here/],
    [
      "that fails",
      {
        buckets: () => Promise.reject(new DOMException("no", "SecurityError")),
      } as unknown as ByteStore,
      /SecurityError: no/,
    ],
  ])("%s is said, and the file comes from the network", async (_, store, message) => {
    const source = visit(store as ByteStore);
    expect(agrees(await source.read(MiB, MiB), MiB)).toBe(true);
    expect(warnings).toEqual([expect.stringMatching(message)]);
  });

  it("is shared by tabs that load at the same time", async () => {
    const store = memoryStore();
    const tabs = [visit(store), visit(store), visit(store)];
    const found = await Promise.all(tabs.map((tab, i) => tab.read(i * MiB, 6 * MiB)));
    expect(found.every((part, i) => agrees(part, i * MiB))).toBe(true);
    asked();
    expect(agrees(await visit(store).read(0, 8 * MiB), 0)).toBe(true);
    expect([asked(), warnings]).toEqual([0, []]);
  });

  it("is listed and cleared", async () => {
    const store = memoryStore();
    await visit(store).read(MiB, MiB);
    expect(await cachedFiles(store)).toEqual([
      { url: server.url, size: bytes.length, storedBytes: MiB + (128 << 10) },
    ]);
    await clearCached("https://elsewhere.example/model.safetensors", store);
    expect(store.content.size).toBe(1);
    await clearCached(server.url, store);
    expect([store.content.size, await cachedFiles(store)]).toEqual([0, []]);
  });
});

describe("SHA-256", () => {
  it("is computed once, and remembered", async () => {
    const store = memoryStore();
    await visit(store).verify!(digest(bytes));
    expect(await cachedFiles(store)).toMatchObject([
      { sha256: digest(bytes), storedBytes: bytes.length },
    ]);
    asked();
    const second = visit(store);
    let hashed = 0;
    await second.verify!(digest(bytes), { onProgress: () => hashed++ });
    expect([agrees(await second.read(3 * MiB, MiB), 3 * MiB), asked(), hashed]).toEqual([
      true,
      0,
      0,
    ]);
  });

  it("that differs leaves nothing behind", async () => {
    const store = memoryStore();
    server.bytes = bytes.slice();
    server.bytes[9 * MiB]! ^= 1;
    await expect(visit(store).verify!(digest(bytes))).rejects.toMatchObject({
      name: "WeightsError",
      expected: digest(bytes),
      received: digest(server.bytes),
    });
    expect(store.content.size).toBe(0);
  });

  it("finds bytes that were spoilt in the store", async () => {
    const store = memoryStore();
    await visit(store).read(0, 12 * MiB);
    const [bucket] = store.content.values();
    bucket!.get([...bucket!.keys()].find((key) => key !== "file.json")!)![5]! ^= 1;
    await expect(visit(store).verify!(digest(bytes))).rejects.toThrow(/SHA-256 differs/);
    await visit(store).verify!(digest(bytes));
  });

  it("survives a transfer that breaks: what came stays", async () => {
    const store = memoryStore();
    server.instead = (_, response, first, last) =>
      first >= 8 * MiB && breakAfter(server, response, first, last, 10);
    await expect(visit(store).verify!(digest(bytes))).rejects.toThrow(/broke off/);
    expect((await cachedFiles(store))[0]!.storedBytes).toBeGreaterThan(7 * MiB);
  });
});
