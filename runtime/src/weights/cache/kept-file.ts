/** One state of a file in a store: a description, and stretches of its bytes. */
import type { ByteBucket, ByteStore } from "./byte-store.ts";
import { Sha256 } from "../sha256.ts";

export interface FileDescription {
  readonly url: string;
  readonly size: number;
  /** The server's ETag or date; empty if it sends neither. */
  readonly version: string;
  /** The digest that its bytes were found to have. */
  readonly sha256?: string;
}

interface Stretch {
  readonly begin: number;
  readonly end: number;
}

const describes = (value: unknown): value is FileDescription =>
  typeof (value as FileDescription)?.url === "string" &&
  Number.isSafeInteger((value as FileDescription).size) &&
  typeof (value as FileDescription).version === "string";
const digest = (text: string): string => new Sha256().update(new TextEncoder().encode(text)).hex();
const descriptionKey = "file.json";

/** What the names of a URL's buckets begin with. */
export const bucketPrefix = (url: string): string => `${digest(url).slice(0, 32)}-`;

/** A description that was cut off is none; its bucket is described again when it is used. */
function parse(text: string | undefined): FileDescription | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return describes(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export class KeptFile {
  /** Name of its bucket. */
  readonly name: string;
  readonly description: FileDescription;
  readonly #store: ByteStore;
  readonly #bucket: ByteBucket;
  /** In order of their begin; may overlap where two tabs stored at once. */
  #stretches: Stretch[];

  private constructor(
    store: ByteStore,
    name: string,
    bucket: ByteBucket,
    description: FileDescription,
    keys: readonly string[],
  ) {
    this.#store = store;
    this.name = name;
    this.#bucket = bucket;
    this.description = description;
    this.#stretches = keys.flatMap((key) => {
      const [, begin, end] = /^(\d+)-(\d+)$/.exec(key) ?? [];
      return begin === undefined ? [] : [{ begin: Number(begin), end: Number(end) }];
    });
    this.#stretches.sort((a, b) => a.begin - b.begin);
  }

  /** What a store keeps of a URL, or of every one. */
  static async find(store: ByteStore, url?: string): Promise<KeptFile[]> {
    const names = (await store.buckets()).filter(
      (name) => url === undefined || name.startsWith(bucketPrefix(url)),
    );
    const files = await Promise.all(
      names.map(async (name) => {
        const bucket = await store.open(name);
        const description = parse(await (await bucket.get(descriptionKey))?.text());
        return description && (url === undefined || description.url === url)
          ? [new KeptFile(store, name, bucket, description, await bucket.keys())]
          : [];
      }),
    );
    return files.flat();
  }

  /** A bucket for this state of a file: states never share one, whatever other tabs do. */
  static async create(store: ByteStore, description: FileDescription): Promise<KeptFile> {
    const name =
      `${bucketPrefix(description.url)}` +
      `${digest(`${description.size} ${description.version}`).slice(0, 16)}`;
    const bucket = await store.open(name);
    const kept = new KeptFile(store, name, bucket, description, await bucket.keys());
    await kept.#describe(description);
    return kept;
  }

  get storedBytes(): number {
    let end = 0;
    return this.#stretches.reduce((sum, stretch) => {
      const from = Math.max(end, stretch.begin);
      end = Math.max(end, stretch.end);
      return sum + Math.max(0, stretch.end - from);
    }, 0);
  }

  /** The stretch that holds a byte. */
  holder(offset: number): Stretch | undefined {
    return this.#stretches.find(({ begin, end }) => begin <= offset && offset < end);
  }

  /** What is missing around a byte that no stretch holds. */
  gap(offset: number): Stretch {
    const before = this.#stretches.filter(({ begin }) => begin < offset);
    return {
      begin: Math.max(0, ...before.map(({ end }) => end)),
      end: this.#stretches[before.length]?.begin ?? this.description.size,
    };
  }

  /**
   * Bytes [begin, end) of a stretch; undefined if it is no longer whole, which is then forgotten.
   */
  async read(stretch: Stretch, begin: number, end: number): Promise<Uint8Array | undefined> {
    const blob = await this.#bucket.get(`${stretch.begin}-${stretch.end}`).catch(() => undefined);
    const bytes =
      blob?.size === stretch.end - stretch.begin
        ? await blob
            .slice(begin - stretch.begin, end - stretch.begin)
            .arrayBuffer()
            .catch(() => undefined)
        : undefined;
    if (!bytes) this.#stretches = this.#stretches.filter((one) => one !== stretch);
    return bytes && new Uint8Array(bytes);
  }

  async put(begin: number, bytes: Uint8Array): Promise<void> {
    const stretch = { begin, end: begin + bytes.length };
    await this.#bucket.put(`${stretch.begin}-${stretch.end}`, bytes);
    this.#stretches.push(stretch);
    this.#stretches.sort((a, b) => a.begin - b.begin);
  }

  /** Remembers that the bytes have a digest. */
  verified(sha256: string): Promise<void> {
    return this.#describe({ ...this.description, sha256 });
  }

  #describe(description: FileDescription): Promise<void> {
    return this.#bucket.put(descriptionKey, new TextEncoder().encode(JSON.stringify(description)));
  }

  remove(): Promise<void> {
    return this.#store.remove(this.name);
  }
}
