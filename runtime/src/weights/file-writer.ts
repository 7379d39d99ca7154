import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { open, rename, unlink, type FileHandle } from "node:fs/promises";
import { tensorBytes } from "./dtype.ts";
import { WeightsError } from "./error.ts";
import { fileProblem } from "./file-problem.ts";
import { layOut, tensorEntries, type FileLayout, type TensorsToWrite } from "./write.ts";
import type { TensorInfo } from "./weight-source.ts";

/** For the errors of writing a file, which name it seldom and the temporary one if at all. */
const cannotWrite =
  (path: string) =>
  (cause: unknown): never => {
    throw new WeightsError(`cannot be written: ${fileProblem(cause)}`, { file: path, cause });
  };

/**
 * Writes a safetensors file tensor by tensor, in any order. The file appears under its name only
 * once `finish` succeeds. A process that exits before leaves none.
 */
export class SafetensorsWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  readonly #layout: FileLayout;
  readonly #left: Set<string>;
  readonly #discard = (): void => rmSync(this.#temporary, { force: true });

  private constructor(path: string, temporary: string, handle: FileHandle, layout: FileLayout) {
    this.#path = path;
    this.#temporary = temporary;
    this.#handle = handle;
    this.#layout = layout;
    this.#left = new Set(layout.places.keys());
    process.once("exit", this.#discard);
  }

  /** Starts a file. The names, dtypes and shapes of its tensors must be known beforehand. */
  static async create(
    path: string,
    tensors: Iterable<readonly [name: string, info: TensorInfo]>,
    metadata?: Readonly<Record<string, string>>,
  ): Promise<SafetensorsWriter> {
    const layout = layOut(tensors, metadata);
    const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
    const handle = await open(temporary, "wx").catch(cannotWrite(path));
    const writer = new SafetensorsWriter(path, temporary, handle, layout);
    try {
      await writer.#put(layout.head, 0);
    } catch (error) {
      await writer.abort();
      throw error;
    }
    return writer;
  }

  /** Writes one tensor. Each must be written exactly once. */
  async write(name: string, data: ArrayBufferView): Promise<void> {
    const place = this.#layout.places.get(name);
    if (place === undefined || !this.#left.has(name)) {
      throw new WeightsError(place === undefined ? "was not announced" : "is written twice", {
        file: this.#path,
        tensor: name,
      });
    }
    const bytes = tensorBytes(name, place.dtype, place.shape, data);
    this.#left.delete(name);
    await this.#put(bytes, place.begin);
  }

  /**
   * Puts the complete file in place. If a tensor was never written, it removes the file and throws.
   */
  async finish(): Promise<void> {
    try {
      if (this.#left.size > 0) {
        throw new WeightsError("is incomplete", {
          file: this.#path,
          issues: [...this.#left].map((name) => `"${name}" was never written`),
        });
      }
      await this.#handle
        .sync()
        .then(() => this.#handle.close())
        .then(() => rename(this.#temporary, this.#path))
        .catch(cannotWrite(this.#path));
      process.off("exit", this.#discard);
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  /** Removes what has been written so far. */
  async abort(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await unlink(this.#temporary).catch(() => {});
    process.off("exit", this.#discard);
  }

  async #put(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle
        .write(bytes, done, Math.min(1 << 28, bytes.length - done), position + done)
        .catch(cannotWrite(this.#path));
      done += bytesWritten;
    }
  }
}

/** Writes a safetensors file. On failure an existing file stays as it was. */
export async function saveSafetensors(
  path: string,
  tensors: TensorsToWrite,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = tensorEntries(tensors);
  const writer = await SafetensorsWriter.create(path, entries, metadata);
  try {
    for (const [name, { data }] of entries) await writer.write(name, data);
  } catch (error) {
    await writer.abort();
    throw error;
  }
  await writer.finish();
}
