import { availableParallelism } from "node:os";
import {
  ImageError,
  type PixelValues,
  type Session,
  type SiglipImageProcessor,
} from "@sigil/runtime";
import { Piscina } from "piscina";
import { OverloadedError } from "../overloaded-error.ts";
import type { PictureTask, PreparedPicture } from "./picture-task.ts";

/** A picture file of a request, and what errors call it. */
export interface PictureFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Turns picture files into `pixel_values`, on threads apart from the event loop's. */
export class PicturePreparation {
  readonly #limitPixels: number;
  readonly #pool: Piscina<PictureTask, PreparedPicture>;

  /** `maxQueue`: files that may wait for a thread. */
  constructor({ limitPixels, maxQueue }: { limitPixels: number; maxQueue: number }) {
    this.#limitPixels = limitPixels;
    this.#pool = new Piscina({
      filename: new URL("./picture-worker.js", import.meta.url).href,
      minThreads: 1,
      maxThreads: Math.max(1, availableParallelism() >> 1),
      maxQueue,
    });
  }

  /**
   * `[batch, channels, height, width]`, or bytes for a model that normalises them. Throws
   * ImageError with the file that is no picture, and OverloadedError where too many wait.
   */
  async prepare(
    files: readonly PictureFile[],
    processor: SiglipImageProcessor,
    { plan }: Session,
  ): Promise<PixelValues> {
    if (this.#pool.queueSize + files.length > this.#pool.options.maxQueue)
      throw new OverloadedError("the preparation of pictures", 1);
    const bytes = plan.programs.some(({ inputs }) => inputs.some(({ dtype }) => dtype === "uint8"));
    const pictures = await Promise.all(
      files.map(({ bytes: file }) =>
        this.#pool.run({
          file,
          options: processor.options,
          bytes,
          limitPixels: this.#limitPixels,
        }),
      ),
    );
    const problems = pictures.flatMap((picture, i) =>
      "problem" in picture ? [`${files[i]!.name}: ${picture.problem}`] : [],
    );
    if (problems.length > 0) throw new ImageError(problems.join("\n"));
    return joined(pictures as Exclude<PreparedPicture, { problem: string }>[]);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function joined(
  pictures: readonly { pixelValues: Float32Array | Uint8Array; shape: readonly number[] }[],
): PixelValues {
  const [{ pixelValues, shape }] = pictures as [(typeof pictures)[0]];
  const odd = pictures.find((picture) => `${picture.shape}` !== `${shape}`);
  if (odd)
    throw new ImageError(
      `expected pictures of one size, received ${shape.slice(2).join("x")} and ` +
        `${odd.shape.slice(2).join("x")}`,
    );
  const data = new (pixelValues.constructor as Float32ArrayConstructor)(
    pixelValues.length * pictures.length,
  );
  pictures.forEach((picture, i) => data.set(picture.pixelValues, i * pixelValues.length));
  return { data, shape: [pictures.length, ...shape.slice(1)] };
}
