import { createHash, randomBytes } from "node:crypto";
import { constants, readlinkSync } from "node:fs";
import { type FileHandle, lstat, open, readdir, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { cacheProblem } from "./cache-problem.ts";
import { makeFolder } from "../make-folder.ts";

/** Where process ids count: a machine, and on Linux the container on it. */
const here = createHash("sha256")
  .update(`${hostname()} ${processNamespace()}`)
  .digest("hex")
  .slice(0, 8);

/**
 * Nobody writes to a file that has lain so long, in milliseconds: a silent server is left sooner.
 */
const abandoned = 24 * 3600 * 1000;

/** A link at the place of a partial file may lead anywhere. Windows has no such flag. */
const noFollow = constants.O_NOFOLLOW ?? 0;

/**
 * The partial file of a download to `path`. It is named
 * `path.<place>-<process>-<number>.incomplete`, and no other download writes to it. It continues
 * what an ended process left of the same file. Errors of the file system become HubErrors that name
 * the file.
 */
export class PartialFile {
  /** Those that this process writes to. */
  static readonly #open = new Set<string>();
  readonly #path: string;
  readonly #own: string;
  readonly handle: FileHandle;

  private constructor(path: string, own: string, handle: FileHandle) {
    this.#path = path;
    this.#own = own;
    this.handle = handle;
  }

  static async open(path: string): Promise<PartialFile> {
    const own = `${path}.${here}-${process.pid}-${randomBytes(6).toString("hex")}.incomplete`;
    PartialFile.#open.add(own);
    try {
      await makeFolder(dirname(path));
      const handle = (await adopt(path, own, PartialFile.#open)) ?? (await create(own));
      return new PartialFile(path, own, handle);
    } catch (cause) {
      PartialFile.#open.delete(own);
      throw cacheProblem(path, cause);
    }
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  /** Writes all bytes at a place. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; )
        done += (await this.handle.write(bytes, done, bytes.length - done, position + done))
          .bytesWritten;
    } catch (cause) {
      throw cacheProblem(this.#path, cause);
    }
  }

  /** Drops what has arrived. */
  async clear(): Promise<void> {
    await this.handle.truncate(0).catch((cause: unknown) => {
      throw cacheProblem(this.#path, cause);
    });
  }

  /** Puts the file in its place. */
  async finish(): Promise<void> {
    try {
      await this.handle.sync();
      await this.handle.close();
      await rename(this.#own, this.#path);
    } catch (cause) {
      throw cacheProblem(this.#path, cause);
    } finally {
      PartialFile.#open.delete(this.#own);
    }
  }

  /** Lets go of the file, which a later download goes on with unless it is removed. */
  async close({ remove }: { readonly remove: boolean }): Promise<void> {
    await this.handle.close().catch(() => {});
    if (remove) await rm(this.#own, { force: true }).catch(() => {});
    PartialFile.#open.delete(this.#own);
  }
}

const create = (own: string): Promise<FileHandle> =>
  open(own, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow);

/** The longest leftover of `path` that nobody writes to any more, under our name; others go. */
async function adopt(
  path: string,
  own: string,
  ours: ReadonlySet<string>,
): Promise<FileHandle | undefined> {
  const found: { readonly file: string; readonly size: number }[] = [];
  for (const name of await readdir(dirname(path))) {
    const file = join(dirname(path), name);
    if (!name.startsWith(`${basename(path)}.`) || ours.has(file)) continue;
    const [, place, id] = /\.([0-9a-f]{8})-(\d+)-[0-9a-f]{12}\.incomplete$/.exec(name) ?? [];
    const state = id === undefined ? undefined : await lstat(file).catch(() => undefined);
    if (!state?.isFile() || state.nlink !== 1) continue;
    const ended = place === here && (Number(id) === process.pid || !isRunning(Number(id)));
    if (ended || Date.now() - state.mtimeMs > abandoned) found.push({ file, size: state.size });
  }
  found.sort((a, b) => b.size - a.size);
  let handle: FileHandle | undefined;
  for (const { file } of found) {
    // Another process may be quicker: then there is nothing to rename or to remove.
    if (handle !== undefined) await rm(file, { force: true }).catch(() => {});
    else
      handle = await rename(file, own)
        .then(() => open(own, constants.O_RDWR | noFollow))
        .catch(() => rm(own, { force: true }).then(() => undefined));
  }
  return handle;
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
