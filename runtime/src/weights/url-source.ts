/** Reads a file behind a URL by HTTP byte ranges, and resumes when a connection breaks. */
import { consoleWarning, type WarningHandler } from "../model/warning.ts";
import { blobSource, checkRange, type ByteSource, type VerifyOptions } from "./byte-source.ts";
import { coalesced } from "./coalesce.ts";
import { WeightsError } from "./error.ts";
import { limited } from "./limited.ts";
import { retrying, Transient, type RetryOptions } from "./retry.ts";
import { SharedTask } from "./shared-task.ts";
import { verifyBytes } from "./verify-bytes.ts";

export interface UrlSourceOptions extends RetryOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  /** Called once if the server does not support ranges (`no-range`). Default: `console.warn`. */
  readonly onWarning?: WarningHandler;
  /**
   * Called while a file is downloaded as a whole, which happens before a model loads, with the
   * bytes so far and, if the server gives it, the total.
   */
  readonly onProgress?: (progress: {
    readonly loadedBytes: number;
    readonly totalBytes?: number;
  }) => void;
}

/** How many bytes the first request asks for: enough for the header of nearly every checkpoint. */
const headBytes = 128 << 10;
/** How many requests run at once: as many as browsers open to a server. */
const mostRequests = 6;
/** Statuses after which a retry may succeed. */
const busy = [408, 425, 429, 500, 502, 503, 504];

/**
 * Reads a URL by HTTP Range requests. Neighbouring reads share a request, several requests run at
 * once, and each is resumed from the byte that it reached. Every response must have the ETag (or
 * date) and the size of the first, so a file that changes is an error and never a mixture. If the
 * server does not support ranges, the file is downloaded once as a whole into a Blob, which
 * browsers keep on disk.
 */
export function urlSource(url: string | URL, options: UrlSourceOptions = {}): ByteSource {
  const base = globalThis.location?.href;
  if (!URL.canParse(url, base)) throw new WeightsError("is not a URL", { file: String(url) });
  return new UrlSource(new URL(url, base).href, options);
}

class UrlSource implements ByteSource {
  readonly name: string;
  readonly #options: UrlSourceOptions;
  readonly #limit = limited(mostRequests);
  readonly #ranges = coalesced((offset, length, signal) =>
    this.#limit(() => this.#range(offset, length, signal)),
  );
  /** Returns the size, and keeps the version and the first bytes, or a whole file. */
  readonly #opened = new SharedTask((signal) =>
    retrying(() => this.#contact(signal), this.#options, signal),
  );
  #size: number | undefined;
  #version: string | undefined;
  #head = new Uint8Array(0);
  #whole: ByteSource | undefined;
  #warned = false;

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

  size(signal?: AbortSignal): Promise<number> {
    return this.#opened.wait(signal);
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    checkRange(this.name, offset, length, await this.#opened.wait(signal));
    if (offset + length <= this.#head.length) return this.#head.subarray(offset, offset + length);
    return this.#whole
      ? this.#whole.read(offset, length, signal)
      : this.#ranges(offset, length, signal);
  }

  /** A digest needs the whole file, so the file is kept for later reads. */
  async verify(sha256: string, options: VerifyOptions = {}): Promise<void> {
    await this.#opened.wait(options.signal);
    const parts: Blob[] = [];
    await verifyBytes(
      this,
      sha256,
      options,
      (bytes) => void parts.push(new Blob([bytes as BlobPart])),
    );
    this.#whole = blobSource(new Blob(parts), this.name);
  }

  async #contact(signal: AbortSignal): Promise<number> {
    const response = await this.#request(0, headBytes - 1, signal);
    if (response.status === 206) {
      const { size, length } = this.#check(response, 0, headBytes - 1);
      const head = new Uint8Array(length);
      await this.#receive(response, head, 0, signal);
      this.#head = head;
      return size;
    }
    const blob = await this.#download(response);
    this.#version = versionOf(response);
    this.#whole = blobSource(blob, this.name);
    return (this.#size = blob.size);
  }

  /** Downloads the whole body, and hands it to the browser piece by piece. */
  async #download(response: Response): Promise<Blob> {
    if (!this.#warned)
      (this.#options.onWarning ?? consoleWarning)({
        code: "no-range",
        message:
          `${this.name}: the server ignores Range requests, so the whole file is downloaded ` +
          "before anything is used",
      });
    this.#warned = true;
    // Of a compressed transfer the length counts other bytes than those that arrive.
    const { headers } = response;
    const packed = !/^(identity)?$/i.test(headers.get("Content-Encoding") ?? "");
    let totalBytes = packed ? undefined : Number(headers.get("Content-Length")) || undefined;
    const parts: Blob[] = [];
    let loadedBytes = 0;
    try {
      for (const reader = bodyOf(response).getReader(); ; ) {
        const { done, value } = await reader.read();
        if (done) return new Blob(parts);
        parts.push(new Blob([value]));
        loadedBytes += value.length;
        // Pages may not see the encoding of another origin's answer.
        if (totalBytes !== undefined && loadedBytes > totalBytes) totalBytes = undefined;
        this.#options.onProgress?.({ loadedBytes, ...(totalBytes && { totalBytes }) });
      }
    } catch (cause) {
      throw new Transient(
        this.#error("the transfer broke off", { received: `${loadedBytes} bytes`, cause }),
      );
    }
  }

  async #range(
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let at = 0;
    await retrying(
      async () => {
        const response = await this.#request(offset + at, offset + length - 1, signal);
        this.#check(response, offset + at, offset + length - 1);
        await this.#receive(response, bytes, at, signal, (reached) => (at = reached));
      },
      this.#options,
      signal,
    );
    return bytes;
  }

  async #request(first: number, last: number, signal: AbortSignal | undefined): Promise<Response> {
    const { headers, fetch: get = fetch } = this.#options;
    let response: Response;
    try {
      // Not If-Range, which would make browsers ask other origins for permission first; the
      // responses' ETags say the same.
      response = await get(this.name, {
        headers: { ...headers, "Accept-Encoding": "identity", Range: `bytes=${first}-${last}` },
        ...(signal && { signal }),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      // Node says "fetch failed", and what happened in its cause: a redirect in a circle, say.
      const { message, cause: inner } = cause as Error;
      const reason = inner instanceof Error && inner.message ? inner.message : message;
      throw new Transient(this.#error(`cannot be fetched: ${reason}`, { cause }));
    }
    const { status, statusText } = response;
    if (status === 206 || status === 200) return response;
    discard(response.body);
    const error = this.#error("the server refused the request", {
      expected: `206 with bytes ${first}-${last}`,
      received: `${status} ${statusText}`.trim(),
    });
    throw busy.includes(status) ? new Transient(error) : error;
  }

  /**
   * Checks that a response has the requested range of the same file. Returns the file's size, and
   * how many bytes the response brings.
   */
  #check(response: Response, first: number, last: number): { size: number; length: number } {
    const range = `${response.headers.get("Content-Range")}`;
    const [begin, end, size] = (/^bytes (\d+)-(\d+)\/(\d+)$/.exec(range) ?? [])
      .slice(1)
      .map(Number);
    const version = versionOf(response);
    let problem: [string, string, string];
    if (size === undefined)
      problem = [
        "the server sent no range that can be read; another origin must expose its header by " +
          "Access-Control-Expose-Headers",
        `Content-Range of bytes ${first}-${last}`,
        `${response.status}, ${range}`,
      ];
    else if (size !== (this.#size ??= size) || version !== (this.#version ??= version))
      problem = [
        "changed while it was being read",
        `${this.#size} bytes, version ${this.#version}`,
        `${size} bytes, version ${version}`,
      ];
    else {
      const length = Math.min(last + 1, size) - first;
      if (begin === first && end === first + length - 1) return { size, length };
      problem = ["the server sent another range", `bytes ${first}-${last}`, range];
    }
    discard(response.body);
    throw this.#error(problem[0], { expected: problem[1], received: problem[2] });
  }

  /**
   * Fills `bytes` from `at` on with the body, which must have exactly as many bytes as are missing.
   */
  async #receive(
    response: Response,
    bytes: Uint8Array,
    at: number,
    signal: AbortSignal | undefined,
    onReached?: (at: number) => void,
  ): Promise<void> {
    const failure = (problem: string, cause?: unknown): WeightsError =>
      this.#error(problem, { expected: `${bytes.length} bytes`, received: `${at} bytes`, cause });
    const reader = bodyOf(response).getReader();
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        signal?.throwIfAborted();
        throw new Transient(failure("the transfer broke off", cause));
      });
      if (done) break;
      if (at + value.length > bytes.length) {
        discard(reader);
        throw failure("the server sent more than it announced");
      }
      bytes.set(value, at);
      at += value.length;
      onReached?.(at);
    }
    if (at !== bytes.length) throw new Transient(failure("the transfer broke off"));
  }

  #error(problem: string, details: ConstructorParameters<typeof WeightsError>[1]): WeightsError {
    return new WeightsError(problem, { file: this.name, ...details });
  }
}

/** A response may have no body at all, which differs from an empty one only in its type. */
const bodyOf = ({ body }: Response): ReadableStream<Uint8Array<ArrayBuffer>> =>
  body ?? new Blob().stream();

const versionOf = ({ headers }: Response): string =>
  headers.get("ETag") ?? headers.get("Last-Modified") ?? "";

/** Cancels an unwanted body, and ignores the error of one that broke already. */
const discard = (body: Pick<ReadableStream, "cancel"> | null): void =>
  void body?.cancel().catch(() => {});
