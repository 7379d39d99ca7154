import { availableParallelism } from "node:os";
import {
  ImageError,
  stackInputs,
  type AnyImageProcessor,
  type Session,
} from "@sigil/runtime/internal";
import { Piscina } from "piscina";
import { OverloadedError } from "../overloaded-error.ts";
import {
  settingsOf,
  type PictureInputs,
  type PictureTask,
  type PreparedPicture,
} from "./picture-task.ts";

/** The module of the pool's threads. */
export const threadModule = new URL("./picture-thread.cjs", import.meta.url);

/** A picture file of a request, and its name in errors. */
export interface PictureFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Decodes and preprocesses picture files on other threads than the event loop's. */
export class PicturePreparation {
  readonly #limitPixels: number;
  readonly #pool: Piscina<PictureTask, PreparedPicture>;

  /** `maxQueue`: files that may wait for a thread. */
  constructor({ limitPixels, maxQueue }: { limitPixels: number; maxQueue: number }) {
    this.#limitPixels = limitPixels;
    this.#pool = new Piscina({
      filename: threadModule.href,
      minThreads: 1,
      maxThreads: Math.max(1, availableParallelism() >> 1),
      maxQueue,
    });
  }

  /**
   * Inputs of the vision tower; bytes for a model that normalises them. Throws ImageError with the
   * file that is no picture, and OverloadedError where too many wait.
   */
  async prepare(
    files: readonly PictureFile[],
    processor: AnyImageProcessor,
    { plan }: Session,
  ): Promise<PictureInputs> {
    if (this.#pool.queueSize + files.length > this.#pool.options.maxQueue)
      throw new OverloadedError("the preparation of pictures", 1);
    const bytes = plan.programs.some(({ inputs }) => inputs.some(({ dtype }) => dtype === "uint8"));
    const settings = settingsOf(processor);
    const pictures = await Promise.all(
      files.map(({ bytes: file }) =>
        this.#pool.run({
          file,
          processor: settings,
          pixels: bytes ? "uint8" : "float32",
          limitPixels: this.#limitPixels,
        }),
      ),
    );
    const problems = pictures.flatMap((picture, i) =>
      "problem" in picture ? [`${files[i]!.name}: ${picture.problem}`] : [],
    );
    if (problems.length > 0) throw new ImageError(problems.join("\n"));
    return joined(pictures as PictureInputs[]);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function joined(pictures: readonly PictureInputs[]): PictureInputs {
  const [first] = pictures as [PictureInputs];
  const sizeOf = ({ pixelValues: { shape } }: PictureInputs): string => shape.slice(1).join("x");
  const odd = pictures.find((picture) => sizeOf(picture) !== sizeOf(first));
  if (odd)
    throw new ImageError(
      `expected pictures of one size, received ${sizeOf(first)} and ${sizeOf(odd)}`,
    );
  return stackInputs(pictures);
}
