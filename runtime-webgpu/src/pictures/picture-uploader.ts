/**
 * Pictures from textures, videos and canvases into a model without leaving the GPU: resized there
 * as the image processor resizes, bit for bit.
 */
import { InputError, outputSize, type ByteTensor } from "@sigil/runtime/internal";
import type { WebGpuBytes } from "../device-bytes.ts";
import {
  geometryOptions,
  pictureGeometry,
  resizedSize,
  type ResizeOptions,
} from "./picture-geometry.ts";
import { sizeOf, type PictureSource } from "./picture-source.ts";
import { Resizer } from "./resizer.ts";

/** Resizers for the last sizes of pictures: a stream of one size makes one. */
const keptSizes = 4;

/**
 * For a model compiled for pixels of uint8, on WebGPU. One uploader serves any number of runs,
 * models of its size, and devices one after the other.
 */
export class PictureUploader<Height extends number = number, Width extends number = number> {
  readonly #size: { readonly height: Height; readonly width: Width };
  readonly #options: ReturnType<typeof geometryOptions>;
  readonly #devices = new Map<GPUDevice, Map<string, Resizer>>();

  /**
   * `size` is the model's, as its class says by `imageSize`; `options` are the image processor's,
   * whose `size` is by default the model's. Throws ImageError for options that cannot be, and
   * InputError where they end with another size than the model's.
   */
  constructor(
    size: { readonly height: Height; readonly width: Width },
    options: ResizeOptions = {},
  ) {
    this.#size = size;
    this.#options = geometryOptions(size, options);
    const made = outputSize(this.#options) ?? size;
    if (made.height !== size.height || made.width !== size.width)
      throw new InputError(
        `pixel_values: the options make pictures of ${made.width}x${made.height}, the model ` +
          `takes ${size.width}x${size.height}`,
      );
  }

  /**
   * What a model takes as `pixelValues`. Sources are read when the run begins, so keep them as they
   * are, and frames open, until it has ended. Sizes may differ.
   * Throws InputError for what is no picture, and for one that the options make another size of
   * than the model's; the run throws it for a texture of another device, and for a source that the
   * browser will not copy.
   */
  pixels(sources: readonly PictureSource[]): ByteTensor<readonly [number, Height, Width, 3]> {
    if (!Array.isArray(sources) || sources.length === 0)
      throw new InputError("pixel_values: expected at least one picture, received none");
    const { height, width } = this.#size;
    sources.forEach((source: PictureSource, i) => {
      const name = `pixel_values: picture ${i}`;
      resizedSize(sizeOf(source, name), this.#size, this.#options, name);
    });
    return { data: this.#bytes(sources, 0), shape: [sources.length, height, width, 3] };
  }

  /** Frees what was made on every device; the uploader can still be used. */
  destroy(): void {
    for (const resizers of this.#devices.values())
      for (const resizer of resizers.values()) resizer.destroy();
    this.#devices.clear();
  }

  #bytes(sources: readonly PictureSource[], first: number): WebGpuBytes {
    const each = 3 * this.#size.height * this.#size.width;
    return {
      device: "webgpu",
      length: sources.length * each,
      subarray: (begin, end) =>
        this.#bytes(sources.slice(begin / each, end / each), first + begin / each),
      write: async (device, buffer, offset) => {
        let fault: unknown;
        device.pushErrorScope("validation");
        try {
          sources.forEach((source, i) =>
            this.#resize(
              device,
              source,
              `pixel_values: picture ${first + i}`,
              buffer,
              offset,
              sources.length * each,
              i * each,
            ),
          );
        } catch (error) {
          fault = error;
        }
        const refused = await device.popErrorScope();
        if (fault) throw fault;
        if (refused)
          throw new InputError(
            "pixel_values: WebGPU refused a picture, as it does a texture of another device: " +
              `${refused.message}`,
            { cause: refused },
          );
      },
    };
  }

  #resize(
    device: GPUDevice,
    source: PictureSource,
    name: string,
    ...target: readonly [buffer: GPUBuffer, offset: number, length: number, firstByte: number]
  ): void {
    const [width, height] = sizeOf(source, name);
    const most = device.limits.maxTextureDimension2D;
    if (Math.max(width, height) > most)
      throw new InputError(
        `${name}: has ${width}x${height} pixels, but the device takes at most ${most} a side`,
      );
    const resizer = this.#resizer(device, [width, height], name);
    try {
      resizer.resize(source, ...target);
    } catch (cause) {
      throw new InputError(
        `${name}: cannot be copied to the GPU: ` +
          `${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }

  /** The one for pictures of this size, which becomes the last to be forgotten. */
  #resizer(device: GPUDevice, from: readonly [number, number], name: string): Resizer {
    let resizers = this.#devices.get(device);
    if (!resizers) {
      this.#devices.set(device, (resizers = new Map()));
      void device.lost.then(() => this.#devices.delete(device));
    }
    const key = from.join("x");
    let resizer = resizers.get(key);
    if (!resizer) {
      const to = resizedSize(from, this.#size, this.#options, name);
      resizer = new Resizer(device, from, pictureGeometry(from, to, this.#size, this.#options));
    }
    resizers.delete(key);
    resizers.set(key, resizer);
    for (const [oldest, forgotten] of resizers) {
      if (resizers.size <= keptSizes) break;
      resizers.delete(oldest);
      forgotten.destroy();
    }
    return resizer;
  }
}
