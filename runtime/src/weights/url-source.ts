/** A file behind a URL: byte ranges over HTTP, resumed when a connection breaks. */
import { consoleWarning, type WarningHandler } from "../model/warning.ts";
import { blobSource, checkRange, verifyBytes, type ByteSource, type VerifyOptions } from "./byte-source.ts";
import { coalesced } from "./coalesce.ts";
import { WeightsError } from "./error.ts";
import { limited } from "./limited.ts";
import { retrying, Transient, type RetryOptions } from "./retry.ts";

export interface UrlSourceOptions extends RetryOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  /** Told once if the server knows no ranges (`no-range`); `console.warn` by default. */
  readonly onWarning?: WarningHandler;
}

/** What the first request asks for: enough for the header of nearly every checkpoint. */
const headBytes = 128 << 10;
/** Requests under way at once, which is what browsers open to a server. */
const mostRequests = 6;
const busy = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Reads a URL by HTTP Range requests: neighbours in one request, several requests under way, each resumed from the byte that it reached.
 * Every response must have the ETag (or date) and size of the first, so that a file that changes is an error and never a mixture.
 * From a server without ranges the file is downloaded whole, once, into a Blob, which browsers keep on disk. */
export function urlSource(url: string | URL, options: UrlSourceOptions = {}): ByteSource {
  return new UrlSource(new URL(url, globalThis.location?.href).href, options);
}

class UrlSource implements ByteSource {
  readonly name: string;
  readonly #options: UrlSourceOptions;
  readonly #limit = limited(mostRequests);
  readonly #ranges = coalesced((offset, length, signal) => this.#limit(() => this.#range(offset, length, signal)));
  #opening: Promise<void> | undefined;
  #total: number | undefined;
  #version: string | undefined;
  #head = new Uint8Array(0);
  #whole: ByteSource | undefined;

  constructor(name: string, options: UrlSourceOptions) {
    this.name = name;
    this.#options = options;
  }

  version(): string | undefined {
    return this.#version;
  }

  isWhole(): boolean {
    return this.#whole !== undefined;
  }

  async size(): Promise<number> {
    await this.#open();
    return this.#total!;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    await this.#open(signal);
    checkRange(this.name, offset, length, this.#total!);
    if (offset + length <= this.#head.length) return this.#head.subarray(offset, offset + length);
    return this.#whole ? this.#whole.read(offset, length, signal) : this.#ranges(offset, length, signal);
  }

  /** A digest takes the whole file, so it is kept for the reads that follow. */
  async verify(sha256: string, options: VerifyOptions = {}): Promise<void> {
    await this.#open(options.signal);
    if (this.#whole) return verifyBytes(this.#whole, sha256, options);
    const parts: Blob[] = [];
    await verifyBytes(this, sha256, options, (bytes) => void parts.push(new Blob([bytes as BlobPart])));
    this.#whole = blobSource(new Blob(parts), this.name);
  }

  /** Size, version and first bytes, or the whole file from a server without ranges. A failure or an abort is not kept. */
  #open(signal?: AbortSignal): Promise<void> {
    this.#opening ??= retrying(() => this.#contact(signal), this.#options, signal).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #contact(signal: AbortSignal | undefined): Promise<void> {
    const response = await this.#request(0, headBytes - 1, signal);
    if (response.status === 206) {
      const end = this.#check(response, 0, headBytes - 1);
      const head = new Uint8Array(end + 1);
      await this.#receive(response, head, 0, signal);
      this.#head = head;
      return;
    }
    this.#version = versionOf(response);
    (this.#options.onWarning ?? consoleWarning)({ code: "no-range", message: `${this.name}: the server ignores Range requests, so the whole file is downloaded before anything is used` });
    const blob = await response.blob().catch((cause: unknown) => {
      throw new Transient(new WeightsError("the transfer broke off", { file: this.name, cause }));
    });
    const length = response.headers.get("Content-Length");
    if (length !== null && !response.headers.get("Content-Encoding") && blob.size !== Number(length)) {
      throw new Transient(new WeightsError("the transfer is incomplete", { file: this.name, expected: `${length} bytes`, received: `${blob.size} bytes` }));
    }
    this.#total = blob.size;
    this.#whole = blobSource(blob, this.name);
  }

  async #range(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let at = 0;
    await retrying(async () => {
      const response = await this.#request(offset + at, offset + length - 1, signal);
      if (response.status !== 206) {
        await response.body?.cancel();
        throw new WeightsError("the server stopped answering Range requests", { file: this.name, expected: "206", received: String(response.status) });
      }
      this.#check(response, offset + at, offset + length - 1);
      await this.#receive(response, bytes, at, signal, (reached) => (at = reached));
    }, this.#options, signal);
    return bytes;
  }

  async #request(first: number, last: number, signal: AbortSignal | undefined): Promise<Response> {
    const { headers, fetch: get = fetch } = this.#options;
    let response: Response;
    try {
      // Not If-Range, which would make browsers ask other origins for permission first; the responses' ETags say the same.
      response = await get(this.name, { headers: { ...headers, "Accept-Encoding": "identity", Range: `bytes=${first}-${last}` }, ...(signal && { signal }) });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new Transient(new WeightsError(`cannot be fetched: ${(cause as Error).message}`, { file: this.name, cause }));
    }
    if (response.status === 206 || response.status === 200) return response;
    await response.body?.cancel();
    const error = new WeightsError("the server refused the request", { file: this.name, expected: `206 with bytes ${first}-${last}`, received: `${response.status} ${response.statusText}`.trim() });
    throw busy.has(response.status) ? new Transient(error) : error;
  }

  /** Checks that a response is the range and the file that was meant; the last byte that it brings. */
  #check(response: Response, first: number, last: number): number {
    const received = response.headers.get("Content-Range");
    const [, begin, end, total] = (/^bytes (\d+)-(\d+)\/(\d+)$/.exec(received ?? "") ?? []).map(Number) as [number, number?, number?, number?];
    const fail = (problem: string, expected: string, what: string): never => {
      void response.body?.cancel();
      throw new WeightsError(problem, { file: this.name, expected, received: what });
    };
    if (total === undefined) return fail("the server sent no usable Content-Range; to another origin it must expose that header (Access-Control-Expose-Headers)", `bytes ${first}-${last}`, received ?? "none");
    const version = versionOf(response);
    this.#total ??= total;
    this.#version ??= version;
    if (total !== this.#total || version !== this.#version) fail("has changed while it was read", `${this.#total} bytes, version ${this.#version || "unknown"}`, `${total} bytes, version ${version || "unknown"}`);
    if (begin !== first || end !== Math.min(last, total - 1)) fail("the server sent another range", `bytes ${first}-${last}`, received!);
    return end!;
  }

  /** Fills `bytes` from `at` on with the body, which must end where they do. */
  async #receive(response: Response, bytes: Uint8Array, at: number, signal: AbortSignal | undefined, onReached: (at: number) => void = () => {}): Promise<void> {
    const broken = (cause?: unknown): Transient =>
      new Transient(new WeightsError("the transfer broke off", { file: this.name, expected: `${bytes.length} bytes`, received: `${at} bytes`, ...(cause !== undefined && { cause }) }));
    const reader = response.body!.getReader();
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        signal?.throwIfAborted();
        throw broken(cause);
      });
      if (done) break;
      if (at + value.length > bytes.length) {
        await reader.cancel();
        throw new WeightsError("the server sent more than it announced", { file: this.name, expected: `${bytes.length} bytes` });
      }
      bytes.set(value, at);
      onReached((at += value.length));
    }
    if (at !== bytes.length) throw broken();
  }
}

const versionOf = ({ headers }: Response): string => headers.get("ETag") ?? headers.get("Last-Modified") ?? "";
