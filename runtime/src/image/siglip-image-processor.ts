/**
 * transformers' SiglipImageProcessor: resize, rescale and normalise, with the arithmetic of Pillow
 * or of torchvision.
 */
import type { ResizeArithmetic } from "./fixed-windows.ts";
import {
  checkOptions,
  defaultOptions,
  optionsFromConfig,
  type ImageProcessorOptions,
} from "./image-processor-options.ts";
import { pixelsOf, type Pixels } from "./pixels.ts";
import { ImageError, type ImageArray, type RawImage } from "./raw-image.ts";
import { resize } from "./resize.ts";
import { resizeFloat } from "./resize-float.ts";

/** `pixel_values`, `[batch, channels, height, width]` or `[batch, height, width, channels]`. */
export interface ImageFeatures {
  readonly pixelValues: Float32Array;
  readonly shape: readonly [number, number, number, number];
}

/**
 * Bytes of resized pictures, `[batch, height, width, channels]`: `pixel_values` of a model compiled
 * for pixels of uint8, which normalises them itself.
 */
export interface ImageBytes {
  readonly pixelValues: Uint8Array;
  readonly shape: readonly [number, number, number, number];
}

/**
 * `float-rescale`: floats that already lie between 0 and 1 are about to be divided by 255, as
 * transformers does; set doRescale to false.
 */
export interface ImageWarning {
  readonly code: "float-rescale";
  readonly message: string;
}

/**
 * With Pillow's arithmetic, bit for bit (`SiglipImageProcessorPil` of transformers 5,
 * `SiglipImageProcessor` of 4).
 */
export class SiglipImageProcessor {
  readonly options: ImageProcessorOptions;
  protected readonly arithmetic: ResizeArithmetic = "pillow";

  constructor(options: Partial<ImageProcessorOptions> = {}) {
    this.options = checkOptions({ ...defaultOptions, ...options });
  }

  /**
   * From a `preprocessor_config.json`, or the `image_processor` of a `processor_config.json`;
   * {@link imageProcessorConfig} says which of the two a checkpoint means.
   */
  static fromConfig(config: Readonly<Record<string, unknown>>): SiglipImageProcessor {
    return new this(optionsFromConfig(config));
  }

  /**
   * Options given here replace those of the constructor. Pictures may differ in size while they are
   * resized. Throws ImageError, naming the picture.
   */
  preprocess(
    images: readonly (RawImage | ImageArray)[],
    overrides: Partial<ImageProcessorOptions> & {
      readonly onWarning?: (warning: ImageWarning) => void;
    } = {},
  ): ImageFeatures {
    const {
      onWarning = ({ code, message }) => console.warn(`sigil [${code}]: ${message}`),
      ...changes
    } = overrides;
    const options = checkOptions({ ...this.options, ...changes });
    const resized = this.#resized(images, options, onWarning);
    const { height, width, channels } = sizeOf(resized);
    const area = height * width;
    const pixelValues = new Float32Array(images.length * channels * area);
    const first = options.dataFormat === "channels_first";
    for (let c = 0; c < channels; c++) {
      const change = this.#change(options, c, channels);
      // Eight bits have 256 answers.
      const table = Float32Array.from({ length: 256 }, (_, u) => change(u));
      resized.forEach(({ data }, n) => {
        const [at, step] = first
          ? [(n * channels + c) * area, 1]
          : [n * channels * area + c, channels];
        if (data instanceof Float32Array)
          for (let i = 0; i < area; i++)
            pixelValues[at + i * step] = change(data[i * channels + c]!);
        else lookUp(data, c, channels, table, pixelValues, at, step);
      });
    }
    return {
      pixelValues,
      shape: first
        ? [images.length, channels, height, width]
        : [images.length, height, width, channels],
    };
  }

  /**
   * As {@link preprocess}, up to the resized bytes: rescaling and normalising are left to the
   * model. Throws ImageError for floats too.
   */
  preprocessBytes(
    images: readonly (RawImage | ImageArray)[],
    overrides: Partial<ImageProcessorOptions> = {},
  ): ImageBytes {
    const resized = this.#bytes(images, checkOptions({ ...this.options, ...overrides }));
    const { height, width, channels } = sizeOf(resized);
    const pixelValues = new Uint8Array(resized.length * height * width * channels);
    resized.forEach(({ data }, n) => pixelValues.set(data, n * data.length));
    return { pixelValues, shape: [resized.length, height, width, channels] };
  }

  /** The resized pictures alone, 8-bit `[height, width, channels]` each; floats are refused. */
  resize(
    images: readonly (RawImage | ImageArray)[],
    overrides: Partial<ImageProcessorOptions> = {},
  ): (Pixels & { readonly data: Uint8Array })[] {
    return this.#bytes(images, checkOptions({ ...this.options, ...overrides, doResize: true }));
  }

  #bytes(
    images: readonly (RawImage | ImageArray)[],
    options: ImageProcessorOptions,
  ): (Pixels & { readonly data: Uint8Array })[] {
    return this.#resized(images, options, () => {}).map((pixels, n) => {
      if (pixels.data instanceof Float32Array)
        throw new ImageError(`images[${n}]: expected 8-bit values, received floats`);
      return { ...pixels, data: pixels.data };
    });
  }

  #resized(
    images: readonly (RawImage | ImageArray)[],
    options: ImageProcessorOptions,
    onWarning: (warning: ImageWarning) => void,
  ): Pixels[] {
    if (!Array.isArray(images) || images.length === 0)
      throw new ImageError("images: expected at least one, received none");
    return images.map((image: RawImage | ImageArray, n) => {
      try {
        const pixels = pixelsOf(image, options);
        if (
          pixels.data instanceof Float32Array &&
          options.doRescale &&
          pixels.data.every((value) => value >= 0 && value <= 1)
        )
          onWarning({
            code: "float-rescale",
            message: `images[${n}] lies between 0 and 1 and is divided by 255 all the same; set doRescale to false`,
          });
        return options.doResize ? this.#resize(pixels, options) : pixels;
      } catch (error) {
        if (error instanceof ImageError)
          throw new ImageError(`images[${n}]: ${error.message}`, { cause: error });
        throw error;
      }
    });
  }

  #resize(
    { data, height, width, channels }: Pixels,
    { size, resample }: ImageProcessorOptions,
  ): Pixels {
    const [from, to] = [
      [height, width, channels],
      [size.height, size.width],
    ] as const;
    const done = { height: size.height, width: size.width, channels };
    if (data instanceof Uint8Array)
      return { ...done, data: resize(data, from, to, resample, this.arithmetic) };
    if (this.arithmetic === "torchvision")
      return { ...done, data: resizeFloat(data, from, to, resample) };
    // Pillow resizes 8 bits: transformers casts floats that are whole numbers, and scales those
    // between 0 and 1 there and back.
    const whole = data.every((value) => Number.isInteger(value) && value >= 0 && value <= 255);
    const unit = !whole && data.every((value) => value >= 0 && value <= 1);
    if (!whole && !unit)
      throw new ImageError(
        "expected floats that are whole numbers from 0 to 255 or lie between 0 and 1, or turn doResize off",
      );
    const pixels = resize(
      Uint8Array.from(data, (value) => (unit ? Math.fround(value * 255) : value)),
      from,
      to,
      resample,
      this.arithmetic,
    );
    return {
      ...done,
      data: Float32Array.from(pixels, (value) => (unit ? value * (1 / 255) : value)),
    };
  }

  /** What becomes of a value of one channel. */
  #change(
    { doRescale, rescaleFactor, doNormalize, imageMean, imageStd }: ImageProcessorOptions,
    channel: number,
    channels: number,
  ): (value: number) => number {
    const of = (name: string, values: number | readonly number[]): number => {
      const all = [values].flat();
      if (all.length !== 1 && all.length !== channels)
        throw new ImageError(`${name}: expected one value or ${channels}, received ${all.length}`);
      return Math.fround(all[channel] ?? all[0]!);
    };
    const [mean, std] = [of("imageMean", imageMean), of("imageStd", imageStd)];
    if (this.arithmetic === "torchvision" && doRescale && doNormalize) {
      // Fused: the mean and the deviation are scaled instead of the picture, in float32.
      const [scaledMean, scaledStd] = [
        Math.fround(mean * (1 / rescaleFactor)),
        Math.fround(std * (1 / rescaleFactor)),
      ];
      return (value) => Math.fround(Math.fround(value - scaledMean) / scaledStd);
    }
    // NumPy rescales in float64 and rounds, then normalises in float32.
    const rescaled = doRescale
      ? (value: number): number => Math.fround(value * rescaleFactor)
      : (value: number): number => value;
    return doNormalize
      ? (value) => Math.fround(Math.fround(rescaled(value) - mean) / std)
      : rescaled;
  }
}

/** The size that all pictures have. */
function sizeOf(pictures: readonly Pixels[]): Pixels {
  const [first] = pictures as [Pixels];
  const { height, width, channels } = first;
  pictures.forEach((other, n) => {
    if (other.height !== height || other.width !== width || other.channels !== channels)
      throw new ImageError(
        `images[${n}]: expected ${height}x${width}x${channels} as the first, received ${other.height}x${other.width}x${other.channels}`,
      );
  });
  return first;
}

/**
 * Every `channels`th byte from `channel` through a table; apart, so that engines see one type at
 * each place.
 */
function lookUp(
  data: Uint8Array,
  channel: number,
  channels: number,
  table: Float32Array,
  out: Float32Array,
  start: number,
  step: number,
): void {
  let at = start;
  for (let i = channel; i < data.length; i += channels) {
    out[at] = table[data[i]!]!;
    at += step;
  }
}

/**
 * With torchvision's arithmetic, bit for bit on 8-bit pictures (`SiglipImageProcessorFast` of
 * transformers 4, `SiglipImageProcessor` of 5).
 */
export class SiglipImageProcessorFast extends SiglipImageProcessor {
  protected override readonly arithmetic: ResizeArithmetic = "torchvision";
}
