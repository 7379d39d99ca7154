/** Keeps a file across visits. */
import { consoleWarning, type WarningHandler } from "../../model/warning.ts";
import { checkRange, type ByteSource, type VerifyOptions } from "../byte-source.ts";
import { verifyBytes } from "../verify-bytes.ts";
import { coalesced, pieceBytes } from "../coalesce.ts";
import { WeightsError } from "../error.ts";
import { SharedTask } from "../shared-task.ts";
import { browserStore } from "./browser-store.ts";
import type { ByteStore } from "./byte-store.ts";
import { KeptFile } from "./kept-file.ts";

export interface CachedSourceOptions {
  /** Where to keep it. Default: the origin's private file system, or else the Cache API. */
  readonly store?: ByteStore;
  /**
   * First ask the server, by one request, whether the file has changed. By default a kept file is
   * trusted, and the network is not used.
   */
  readonly revalidate?: boolean;
  /**
   * Called once if the file cannot be kept (`not-cached`), for lack of storage. Loading continues
   * from the network. Default: `console.warn`.
   */
  readonly onWarning?: WarningHandler;
}

/**
 * The least bytes that a read fetches. Rows of a table are shorter, and a store of thousands of
 * rows would be slow.
 */
const blockBytes = 32 << 10;
/** How many bytes of a new file are stored first: as many as the first request to a URL brings. */
const firstBytes = 128 << 10;

/**
 * Keeps what is read of a URL. The next visit reads it from the device, and continues where this
 * one stopped. Only what is read is stored, so a page that uses one tower keeps one tower. If the
 * file has changed on the server and some of its bytes are missing here, reading throws
 * WeightsError and forgets the file, so that the next load starts afresh. `revalidate` notices a
 * change before anything is read.
 */
export function cachedSource(source: ByteSource, options: CachedSourceOptions = {}): ByteSource {
  return new CachedSource(source, options);
}

class CachedSource implements ByteSource {
  readonly name: string;
  readonly #source: ByteSource;
  readonly #options: CachedSourceOptions;
  readonly #read = coalesced((offset, length, signal) =>
    this.#piece(offset, offset + length, signal),
  );
  readonly #opened = new SharedTask((signal) => this.#find(signal));
  #full = false;
  /**
   * Set if the file is not the one that was kept or expected. It is not read any more, since two
   * files could be mixed.
   */
  #wrong: WeightsError | undefined;

  constructor(source: ByteSource, options: CachedSourceOptions) {
    this.name = source.name;
    this.#source = source;
    this.#options = options;
  }

  async size(signal?: AbortSignal): Promise<number> {
    return (await this.#opened.wait(signal))?.description.size ?? this.#source.size(signal);
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (this.#wrong) throw this.#wrong;
    const kept = await this.#opened.wait(signal);
    if (!kept) return this.#source.read(offset, length, signal);
    checkRange(this.name, offset, length, kept.description.size);
    return length === 0 ? new Uint8Array(0) : this.#read(offset, length, signal);
  }

  /**
   * Completes the file and compares its digest. A file that differs is forgotten. One that agrees
   * is not hashed again on the next visit.
   */
  async verify(sha256: string, options: VerifyOptions = {}): Promise<void> {
    const kept = await this.#opened.wait(options.signal);
    if (!kept && this.#source.verify) return this.#source.verify(sha256, options);
    if (kept?.description.sha256 === sha256) return;
    try {
      await verifyBytes(this, sha256, options);
    } catch (error) {
      // Of a transfer that failed, what has come stays.
      if (error instanceof WeightsError && error.expected === sha256)
        await this.#forget(kept, error);
      throw error;
    }
    if (!this.#full)
      await kept?.verified(sha256).catch((error: unknown) => this.#cannotKeep(error));
  }

  async close(): Promise<void> {
    await this.#source.close?.();
  }

  /** The kept file or a new one, or undefined if nothing can be kept. */
  async #find(signal: AbortSignal): Promise<KeptFile | undefined> {
    const store = this.#options.store ?? browserStore();
    if (!store)
      return this.#cannotKeep("there is no storage here; a page needs https or localhost");
    const found = await KeptFile.find(store, this.name).catch((error: unknown) =>
      this.#cannotKeep(error),
    );
    if (!found) return undefined;
    if (found[0] && !this.#options.revalidate) return found[0];
    const description = {
      url: this.name,
      size: await this.#source.size(signal),
      version: this.#source.version?.() ?? "",
    };
    const same = found.find(
      (kept) =>
        kept.description.size === description.size &&
        kept.description.version === description.version,
    );
    try {
      for (const kept of found) if (kept !== same) await kept.remove();
      if (same) return same;
      const kept = await KeptFile.create(store, description);
      await this.#fill(
        kept,
        this.#source.isWhole?.() ? description.size : Math.min(firstBytes, description.size),
      );
      return kept;
    } catch (error) {
      if (error instanceof WeightsError) throw error;
      return this.#cannotKeep(error);
    }
  }

  /**
   * Stores the first bytes, which the source has already. A file that comes only as a whole is
   * stored as a whole.
   */
  async #fill(kept: KeptFile, bytes: number): Promise<void> {
    for (let at = 0; at < bytes; at += pieceBytes) {
      const end = Math.min(at + pieceBytes, bytes);
      if (!kept.holder(at)) await kept.put(at, await this.#source.read(at, end - at));
    }
  }

  async #piece(begin: number, end: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const kept = await this.#opened.wait(signal);
    if (this.#wrong) throw this.#wrong;
    if (!kept) return this.#source.read(begin, end - begin, signal);
    const out = new Uint8Array(end - begin);
    const jobs: Promise<void>[] = [];
    for (let at = begin; at < end; ) {
      const from = at;
      const stored = kept.holder(from);
      const to = Math.min(end, (stored ?? kept.gap(from)).end);
      jobs.push(
        (async () => {
          const bytes = stored && (await kept.read(stored, from, to));
          out.set(bytes ?? (await this.#fetch(kept, from, to, signal)), from - begin);
        })(),
      );
      at = to;
    }
    await Promise.all(jobs);
    return out;
  }

  /**
   * Fetches bytes from the network and stores them. Short reads fetch whole blocks, up to the next
   * stored byte.
   */
  async #fetch(
    kept: KeptFile,
    begin: number,
    end: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const { size, version } = kept.description;
    const received = {
      size: await this.#source.size(signal),
      version: this.#source.version?.() ?? "",
    };
    if (received.size !== size || received.version !== version) {
      const error = new WeightsError(
        "has changed since it was cached; the cached copy was deleted, so load it again",
        {
          file: this.name,
          expected: `${size} bytes, version ${version || "unknown"}`,
          received: `${received.size} bytes, version ${received.version || "unknown"}`,
        },
      );
      await this.#forget(kept, error);
      throw error;
    }
    const gap = kept.gap(begin);
    const short = end - begin < blockBytes;
    // Of stretches that overlap, another may hold what this one has lost, and the gap begins behind
    // it.
    const first = short
      ? Math.min(begin, Math.max(gap.begin, Math.floor(begin / blockBytes) * blockBytes))
      : begin;
    const last = short
      ? Math.max(end, Math.min(gap.end, Math.ceil(end / blockBytes) * blockBytes))
      : end;
    const bytes = await this.#source.read(first, last - first, signal);
    if (!this.#full)
      await kept.put(first, bytes).catch((error: unknown) => this.#cannotKeep(error));
    return bytes.subarray(begin - first, end - first);
  }

  #cannotKeep(reason: unknown): undefined {
    if (!this.#full)
      (this.#options.onWarning ?? consoleWarning)({
        code: "not-cached",
        message: `${this.name} is not cached for the next visit: ${explain(reason)}`,
      });
    this.#full = true;
    return undefined;
  }

  async #forget(kept: KeptFile | undefined, error: WeightsError): Promise<void> {
    this.#wrong = error;
    await kept?.remove().catch(() => {});
  }
}

function explain(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  if (reason.name === "QuotaExceededError")
    return "the browser gives this site no more storage (quota exceeded)";
  // Nobody aborts these writes.
  if (reason.name === "AbortError")
    return (
      "the browser stopped writing, as Chromium does where a site's quota is exceeded " +
      `(${reason.message})`
    );
  return `${reason.name}: ${reason.message}`;
}
