/** Weights by URL from servers that break, change, refuse and know no ranges. */
import { gzipSync } from "node:zlib";
import { createHash } from "node:crypto";
import { getEventListeners } from "node:events";
import {
  loadPlanned,
  openSafetensors,
  Sha256,
  uniform,
  urlSource,
  WeightsError,
  writeSafetensors,
  type UrlSourceOptions,
} from "@sigil/runtime/internal";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { breakAfter, fileServer, type FileServer } from "./file-server.ts";

const MiB = 1 << 20;
/** Beyond what the first request brings, so that reads have requests of their own. */
const bytes = new Uint8Array(uniform("file", 3 * MiB).buffer);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const headBytes = 128 << 10;

let server: FileServer;
beforeEach(async () => void (server = await fileServer(bytes)));
afterEach(() => server.close());
const open = (options: UrlSourceOptions = {}) => urlSource(server.url, { backoff: 1, ...options });
const read = (offset: number, length: number, options?: UrlSourceOptions) =>
  open(options).read(offset, length);
const failure = async (promise: Promise<unknown>): Promise<WeightsError> => {
  const error = await promise.then(
    () => expect.fail("nothing was thrown"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WeightsError);
  expect((error as WeightsError).file).toBe(server.url);
  return error as WeightsError;
};

describe("requests", () => {
  it("are few and side by side for hundreds of tensors", async () => {
    const names = Array.from({ length: 400 }, (_, i) => `layers.${i}.weight`);
    server.bytes = writeSafetensors(
      Object.fromEntries(
        names.map((name) => [name, { dtype: "F32", shape: [64, 128], data: uniform(name, 8192) }]),
      ),
    );
    const source = await openSafetensors(open());
    expect(server.ranges).toEqual([[0, headBytes - 1]]);
    const weights = names.map(
      (tensor, i) =>
        ({
          offset: i * 32768,
          bytes: 32768,
          rows: 64,
          columns: 128,
          layout: { kind: "rows" },
          parts: [{ tensor, begin: 0, end: 64 }],
        }) as const,
    );
    const memory = new ArrayBuffer(400 * 32768);
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on("warning", warn);
    const { signal } = new AbortController();
    const place = ({ offset }: { readonly offset: number }) => ({ buffer: memory, offset });
    await loadPlanned(weights, source, { place }, { signal });
    await new Promise(setImmediate);
    process.off("warning", warn);
    // Four hundred that wait for one signal are no leak of listeners.
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(new Float32Array(memory, 399 * 32768, 8192)).toEqual(uniform(names[399]!, 8192));
    // 12.5 MiB in pieces of at most 4 MiB.
    expect(server.ranges.length).toBeLessThan(8);
    expect(Math.max(...server.ranges.map(([first, last]) => last + 1 - first))).toBeLessThanOrEqual(
      4 * MiB,
    );
    expect(server.most()).toBeGreaterThan(2);
    expect(server.most()).toBeLessThanOrEqual(6);
  });

  it("merge neighbours of one turn, and cut what is large", async () => {
    const source = open();
    await source.size();
    server.ranges.length = 0;
    const [a, b, far, large] = await Promise.all([
      source.read(MiB, 100),
      source.read(MiB + 5000, 100),
      source.read(3 * MiB, 8),
      source.read(4 * MiB, 8 * MiB),
    ]);
    expect(server.ranges.sort(([x], [y]) => x - y)).toEqual([
      [MiB, MiB + 5099],
      [3 * MiB, 3 * MiB + 7],
      [4 * MiB, 8 * MiB - 1],
      [8 * MiB, 12 * MiB - 1],
    ]);
    for (const [found, at] of [
      [a, MiB],
      [b, MiB + 5000],
      [far, 3 * MiB],
      [large, 4 * MiB],
    ] as const)
      expect(Buffer.compare(found, bytes.subarray(at, at + found.length))).toBe(0);
    await expect(source.read(12 * MiB - 4, 8)).rejects.toThrow(/past its end/);
  });
});

describe("a connection that breaks", () => {
  it("is resumed from the byte that was reached", async () => {
    let breaks = 3;
    server.instead = (_, response, first, last) =>
      first > 0 && breaks-- > 0 && breakAfter(server, response, first, last, 300_000);
    expect(Buffer.compare(await read(MiB, 2 * MiB), bytes.subarray(MiB, 3 * MiB))).toBe(0);
    const starts = server.ranges.slice(1).map(([first]) => first - MiB);
    expect(starts).toHaveLength(4);
    expect(starts[0]).toBe(0);
    for (let i = 1; i < 4; i++) expect(starts[i], `attempt ${i}`).toBeGreaterThan(starts[i - 1]!);
  });

  it("time and again is an error after the tries that were allowed", async () => {
    server.instead = (_, response, first, last) =>
      first > 0 && breakAfter(server, response, first, last, 10);
    const error = await failure(read(MiB, 1000, { retries: 2 }));
    expect(error.message).toMatch(/broke off.*1000 bytes.*received \d+ bytes/);
    expect(server.ranges).toHaveLength(4);
  });

  it("says what was refused where the body of that breaks too", async () => {
    const broken = async (): Promise<Response> =>
      new Response(
        new ReadableStream({ start: (controller) => controller.error(new Error("reset")) }),
        { status: 403, statusText: "Forbidden" },
      );
    await expect(urlSource(server.url, { fetch: broken }).size()).rejects.toThrow(
      /refused the request.*403 Forbidden/s,
    );
  });

  it("has broken off if there is no body at all", async () => {
    const partial = async (): Promise<Response> =>
      new Response(null, { status: 206, headers: { "Content-Range": "bytes 0-9/10" } });
    const options = { retries: 0, onWarning: () => {} };
    const error = await failure(urlSource(server.url, { ...options, fetch: partial }).read(0, 10));
    expect(error).toMatchObject({ expected: "10 bytes", received: "0 bytes" });
    const whole = async (): Promise<Response> => new Response(null);
    expect(await urlSource(server.url, { ...options, fetch: whole }).size()).toBe(0);
  });

  it("is tried again when the server is busy, and not when it refuses", async () => {
    let busy = 2;
    server.instead = (_, response) => busy-- > 0 && !!response.writeHead(503).end();
    expect((await read(0, 10)).length).toBe(10);
    expect(server.ranges).toHaveLength(3);
    server.instead = (_, response) => !!response.writeHead(403, "Forbidden").end();
    expect((await failure(read(0, 10))).received).toBe("403 Forbidden");
    expect(server.ranges).toHaveLength(4);
  });

  it("may be one to nowhere", async () => {
    expect(() => urlSource("model.safetensors")).toThrow(/model\.safetensors: is not a URL/);
    server.close();
    expect((await failure(read(0, 10, { retries: 1 }))).message).toMatch(/cannot be fetched/);
  });

  it("ends with the caller's own reason when aborted, and another read starts afresh", async () => {
    const source = open();
    const abort = new AbortController();
    server.instead = (_, response, first, last) =>
      first > 0 &&
      (setTimeout(() => abort.abort(new Error("enough")), 5),
      response
        .writeHead(206, {
          "Content-Range": `bytes ${first}-${last}/${bytes.length}`,
          ETag: '"1"',
        })
        .write("x"));
    await expect(source.read(MiB, 1000, abort.signal)).rejects.toThrow("enough");
    server.instead = undefined;
    expect((await source.read(MiB, 1000)).length).toBe(1000);
  });
});

describe("one source that several open", () => {
  it("goes on for those who stay, stops when nobody does, and begins again", async () => {
    const held: (() => void)[] = [];
    let stopped = 0;
    server.instead = (_, response, first, last) => {
      held.push(() =>
        response
          .writeHead(206, {
            "Content-Range": `bytes ${first}-${last}/${bytes.length}`,
            ETag: '"1"',
          })
          .end(bytes.subarray(first, last + 1)),
      );
      response.on("close", () => void (response.writableEnded || stopped++));
      return true;
    };
    const source = open();
    const [one, other] = [new AbortController(), new AbortController()];
    const leaving = [
      openSafetensors(source, { signal: one.signal }),
      source.size(other.signal),
    ].map((promise) => promise.catch((error: Error) => error.message));
    await expect.poll(() => held.length).toBe(1);
    one.abort(new Error("one left"));
    expect(await leaving[0]).toBe("one left");
    expect(stopped).toBe(0);
    other.abort(new Error("the other left"));
    expect(await leaving[1]).toBe("the other left");
    await expect.poll(() => stopped).toBe(1);
    const staying = source.size();
    await expect.poll(() => held.length).toBe(2);
    const late = new AbortController();
    const third = source.size(late.signal).catch((error: Error) => error.message);
    late.abort(new Error("late"));
    held[1]!();
    expect([await third, await staying]).toEqual(["late", bytes.length]);
  });
});

describe("a file that changes", () => {
  it.each(["etag", "size"])("is an error, never a mixture: %s", async (what) => {
    const source = open();
    await source.read(0, 8);
    if (what === "etag") server.etag = '"2"';
    else server.bytes = bytes.subarray(0, 11 * MiB);
    const error = await failure(source.read(MiB, 1000));
    expect(error.message).toMatch(/changed while it was being read/);
    expect([error.expected, error.received]).toEqual(
      what === "etag"
        ? ['12582912 bytes, version "1"', '12582912 bytes, version "2"']
        : ['12582912 bytes, version "1"', '11534336 bytes, version "1"'],
    );
  });

  it("between the parts of one range is an error too", async () => {
    let breaks = 1;
    server.instead = (_, response, first, last) => {
      if (first === 0 || breaks-- <= 0) return false;
      breakAfter(server, response, first, last, 100_000);
      server.etag = '"2"';
      return true;
    };
    expect((await failure(read(MiB, MiB))).message).toMatch(/changed while/);
  });

  it("is truncated where its header says otherwise", async () => {
    const whole = writeSafetensors({ a: { dtype: "F32", shape: [64], data: uniform("a", 64) } });
    server.bytes = whole.subarray(0, whole.length - 4);
    expect((await failure(openSafetensors(open()))).message).toMatch(/past the end/);
  });
});

describe("answers that are no ranges", () => {
  it("but send in a circle are said to", async () => {
    server.instead = (_, response) => !!response.writeHead(302, { Location: "/model" }).end();
    const message = /cannot be fetched: redirect count exceeded/;
    await expect(open({ retries: 0 }).size()).rejects.toThrow(message);
  });

  it("from a server without them are downloaded whole, once, and said", async () => {
    const warnings: string[] = [];
    server.instead = (_, response) => !!response.end(server.bytes);
    const seen: number[] = [];
    const source = open({
      onWarning: ({ code }) => warnings.push(code),
      onProgress: ({ loadedBytes }) => seen.push(loadedBytes),
    });
    const parts = await Promise.all([source.read(0, 100), source.read(8 * MiB, MiB)]);
    expect(Buffer.compare(parts[1]!, bytes.subarray(8 * MiB, 9 * MiB))).toBe(0);
    expect([
      warnings,
      server.ranges.length,
      await source.size(),
      seen.at(-1),
      seen.length > 2,
    ]).toEqual([["no-range"], 1, bytes.length, bytes.length, true]);
  });

  it("of a server that compresses are never reported past their end", async () => {
    server.bytes = new Uint8Array(4 * MiB);
    server.instead = (_, response) => {
      const packed = gzipSync(server.bytes);
      response.writeHead(200, { "Content-Encoding": "gzip", "Content-Length": packed.length });
      return !!response.end(packed);
    };
    const past: number[] = [];
    const onProgress = (progress: { loadedBytes: number; totalBytes?: number }) => {
      const { loadedBytes, totalBytes = Infinity } = progress;
      if (loadedBytes > totalBytes) past.push(loadedBytes / totalBytes);
    };
    expect(await open({ onWarning: () => {}, onProgress }).size()).toBe(4 * MiB);
    expect(past).toEqual([]);
  });

  it("break off and are asked for again", async () => {
    let breaks = 1;
    server.instead = (_, response) => {
      response.writeHead(200, { "Content-Length": bytes.length });
      if (breaks-- > 0)
        response.write(bytes.subarray(0, MiB), () => setTimeout(() => response.destroy(), 5));
      else response.end(bytes);
      return true;
    };
    expect((await read(MiB, 8, { onWarning: () => {} })).length).toBe(8);
    expect(server.ranges).toHaveLength(2);
  });

  it("are an error if they bring more than they say", async () => {
    server.instead = (_, response, first, last) =>
      first > 0 &&
      !!response
        .writeHead(206, { "Content-Range": `bytes ${first}-${last}/${bytes.length}`, ETag: '"1"' })
        .end(bytes.subarray(first, last + 9));
    expect((await failure(read(MiB, 1000))).message).toMatch(/more than it announced.*1000 bytes/);
  });

  it.each([
    ["another range", { "Content-Range": "bytes 5-14/12582912" }, /another range/],
    ["no range that a page may see", {}, /Access-Control-Expose-Headers/],
    [
      "a range of unknown size",
      { "Content-Range": "bytes 0-9/*" },
      /Access-Control-Expose-Headers/,
    ],
  ])("are an error: %s", async (_, headers, message) => {
    server.instead = (_request, response) =>
      !!response.writeHead(206, headers as Record<string, string>).end(bytes.subarray(0, 10));
    expect((await failure(read(0, 10))).message).toMatch(message);
  });
});

describe("SHA-256", () => {
  it("equals Node's for every length around a block, whole and in pieces", () => {
    for (let length = 0; length < 200; length++) {
      const data = bytes.subarray(length, 2 * length);
      const expected = createHash("sha256").update(data).digest("hex");
      expect(new Sha256().update(data).hex()).toBe(expected);
      const inPieces = new Sha256();
      for (let at = 0; at < length; at += 7) inPieces.update(data.subarray(at, at + 7));
      expect(inPieces.hex()).toBe(expected);
    }
    expect(new Sha256().update(bytes).hex()).toBe(sha256);
  });

  it("is verified with one download, which later reads use", async () => {
    const source = open();
    const seen: number[] = [];
    await source.verify!(sha256, {
      onProgress: ({ loadedBytes, totalBytes }) => seen.push(loadedBytes / totalBytes),
    });
    expect(seen.at(-1)).toBe(1);
    const requests = server.ranges.length;
    expect(
      Buffer.compare(await source.read(5 * MiB, 100), bytes.subarray(5 * MiB, 5 * MiB + 100)),
    ).toBe(0);
    expect(server.ranges).toHaveLength(requests);
  });

  it("that differs by one bit of the file is an error", async () => {
    server.bytes = bytes.slice();
    server.bytes[9 * MiB]! ^= 1;
    const error = await failure(open().verify!(sha256));
    expect([error.message, error.expected, error.received]).toEqual([
      expect.stringMatching(/SHA-256 differs/),
      sha256,
      createHash("sha256").update(server.bytes).digest("hex"),
    ]);
  });
});
