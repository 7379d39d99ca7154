import { copyFile, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { getRepoFolderName } from "@huggingface/hub";
import { cacheProblem } from "./cache-problem.ts";
import { makeFolder } from "../make-folder.ts";
import { sizeOf } from "./remote-file.ts";

/**
 * One model's part of the Hugging Face cache: `blobs/<hash>`, `snapshots/<commit>/<file>` linked to
 * them, `refs/<revision>`.
 */
export class ModelCache {
  readonly folder: string;

  constructor(cacheFolder: string, name: string) {
    this.folder = join(cacheFolder, getRepoFolderName({ type: "model", name }));
  }

  blob(hash: string): string {
    return join(this.folder, "blobs", hash);
  }

  snapshot(commit: string): string {
    return join(this.folder, "snapshots", commit);
  }

  /** Whether a snapshot holds a file, of that size where one is given. */
  async holds(commit: string, file: string, size?: number): Promise<boolean> {
    const found = await sizeOf(join(this.snapshot(commit), file));
    return found !== undefined && (size === undefined || found === size);
  }

  /** Puts a blob into a snapshot, by a link or, where the system grants none, by a copy. */
  async link(commit: string, file: string, hash: string): Promise<void> {
    const path = join(this.snapshot(commit), file);
    await this.replace(path, (temporary) =>
      symlink(relative(dirname(path), this.blob(hash)), temporary).catch(() =>
        copyFile(this.blob(hash), temporary),
      ),
    );
  }

  /** The commit that a revision last named, or undefined. */
  async commitOf(revision: string): Promise<string | undefined> {
    return (
      await readFile(join(this.folder, "refs", revision), "utf8").catch(() => undefined)
    )?.trim();
  }

  /**
   * Notes the commit that a revision names; writes nothing where that is known, as a shared cache
   * may not be ours to write to.
   */
  async setCommit(revision: string, commit: string): Promise<void> {
    if ((await this.commitOf(revision)) === commit) return;
    await this.replace(join(this.folder, "refs", revision), (temporary) =>
      writeFile(temporary, commit),
    );
  }

  // Renaming replaces what is there in one step. Scans of the cache read snapshots and refs, so
  // nothing unfinished may lie there.
  private async replace(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = join(this.folder, `.${process.pid}.${Math.random().toString(36).slice(2)}`);
    try {
      await makeFolder(dirname(path));
      await write(temporary);
      await rename(temporary, path);
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => {});
      throw cacheProblem(path, cause);
    }
  }
}
