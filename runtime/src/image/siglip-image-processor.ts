/**
 * transformers' SiglipImageProcessor: resizes, crops, rescales, normalises and pads pictures, with
 * the arithmetic of Pillow or torchvision.
 */
import { centerCrop } from "./center-crop.ts";
import { expectType, optionsFromConfig } from "./image-processor-config.ts";
import {
  checkOptions,
  cropOf,
  defaultOptions,
  outputSize,
  type ImageProcessorOptions,
} from "./image-processor-options.ts";
import { targetSize, type FixedSize } from "./image-size.ts";
import { pixelsOf, type Pixels } from "./pixels.ts";
import { ImageError, type ImageArray, type RawImage } from "./raw-image.ts";
import type { ResizeArithmetic } from "./resample-windows.ts";
import { resize } from "./resize.ts";
import { resizeFloat } from "./resize-float.ts";

/** `pixel_values`, `[batch, channels, height, width]` or `[batch, height, width, channels]`. */
export interface ImageFeatures {
  readonly pixelValues: Float32Array;
  readonly shape: readonly [number, number, number, number];
}

/**
 * Bytes of resized pictures, `[batch, height, width, channels]`: `pixel_values` for a model
 * compiled for uint8 pixels, which normalises them itself.
 */
export interface ImageBytes {
  readonly pixelValues: Uint8Array;
  readonly shape: readonly [number, number, number, number];
}

/**
 * `float-rescale`: floats between 0 and 1 are divided by 255 once more, as in transformers; set
 * doRescale to false to prevent that. `unknown-setting`: a file has a key that nothing reads and
 * that looks like a misspelled one.
 */
export interface ImageWarning {
  readonly code: "float-rescale" | "unknown-setting";
  readonly message: string;
}

type OnWarning = (warning: ImageWarning) => void;

const toConsole: OnWarning = ({ code, message }) => console.warn(`sigil [${code}]: ${message}`);

/**
 * The image processor with Pillow's arithmetic, bit for bit equal to Pillow 12.3
 * (`SiglipImageProcessorPil` of transformers 5, `SiglipImageProcessor` of 4).
 */
export class SiglipImageProcessor {
  readonly options: ImageProcessorOptions;
  protected readonly arithmetic: ResizeArithmetic = "pillow";

  constructor(options: Partial<ImageProcessorOptions> = {}) {
    this.options = checkOptions({ ...defaultOptions, ...options });
  }

  /**
   * Reads a `preprocessor_config.json`, or the `image_processor` of a `processor_config.json`.
   * {@link imageProcessorConfig} picks the right one of a checkpoint. Throws ImageError for
   * settings of another `image_processor_type`, and for invalid values, which it lists.
   */
  static fromConfig(
    config: Readonly<Record<string, unknown>>,
    { onWarning = toConsole }: { readonly onWarning?: OnWarning } = {},
  ): SiglipImageProcessor {
    expectType(config, "SiglipImageProcessor");
    return new this(
      optionsFromConfig(config, (message) => onWarning({ code: "unknown-setting", message })),
    );
  }

  /**
   * The height and width of every processed picture, or undefined if they depend on the picture.
   */
  get outputSize(): FixedSize | undefined {
    return outputSize(this.options);
  }

  /**
   * Processes pictures. Options given here replace those of the constructor. Pictures may differ in
   * size as long as all get the same size. Throws ImageError, which names the picture.
   */
  preprocess(
    images: readonly (RawImage | ImageArray)[],
    overrides: Partial<ImageProcessorOptions> & { readonly onWarning?: OnWarning } = {},
  ): ImageFeatures {
    const { onWarning = toConsole, ...changes } = overrides;
    const options = checkOptions({ ...this.options, ...changes });
    const pictures = this.#cropped(images, options, onWarning);
    const { height, width, channels } = sizeOf(pictures, options);
    const area = height * width;
    // Zeros, which is what padding is made of.
    const pixelValues = floats(images.length * channels * area);
    const first = options.dataFormat === "channels_first";
    for (let c = 0; c < channels; c++) {
      const change = this.#change(options, c, channels);
      // Eight bits have 256 answers.
      const table = Float32Array.from({ length: 256 }, (_, u) => change(u));
      if (!table.every(Number.isFinite))
        throw new ImageError(
          "rescaleFactor, imageMean and imageStd: expected values of float32 for bytes, " +
            `received ${table.find((value) => !Number.isFinite(value))}`,
        );
      pictures.forEach(({ data, ...own }, n) => {
        const [start, step] = first
          ? [(n * channels + c) * area, 1]
          : [n * channels * area + c, channels];
        // Rows that are as long as the target's follow one another.
        const [rows, row] = own.width === width ? [1, own.height * width] : [own.height, own.width];
        for (let y = 0; y < rows; y++) {
          const from = y * row * channels + c;
          const to = start + y * width * step;
          if (data instanceof Float32Array)
            for (let i = 0; i < row; i++)
              pixelValues[to + i * step] = change(data[from + i * channels]!);
          else lookUp(data, from, channels, row, table, pixelValues, to, step);
        }
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
   * Like {@link preprocess}, but stops at the resized and cropped bytes and leaves rescaling and
   * normalising to the model. It also throws ImageError for floats, and for pictures that need
   * padding: padding is zero after normalisation, which bytes cannot express.
   */
  preprocessBytes(
    images: readonly (RawImage | ImageArray)[],
    overrides: Partial<ImageProcessorOptions> = {},
  ): ImageBytes {
    const options = checkOptions({ ...this.options, ...overrides });
    const pictures = this.#bytes(images, options);
    const { height, width, channels } = sizeOf(pictures, options);
    const pixelValues = new Uint8Array(pictures.length * height * width * channels);
    pictures.forEach(({ data, ...own }, n) => {
      if (own.height !== height || own.width !== width)
        throw new ImageError(
          `images[${n}]: doPad surrounds normalised pixels with zeros, which bytes ` +
            "cannot express: turn it off, or use a model of float32 pixels",
        );
      pixelValues.set(data, n * data.length);
    });
    return { pixelValues, shape: [pictures.length, height, width, channels] };
  }

  /**
   * Only resizes pictures. Each result is 8-bit, `[height, width, channels]`. Floats are refused.
   */
  resize(
    images: readonly (RawImage | ImageArray)[],
    overrides: Partial<ImageProcessorOptions> = {},
  ): (Pixels & { readonly data: Uint8Array })[] {
    return this.#bytes(
      images,
      checkOptions({ ...this.options, ...overrides, doResize: true, doCenterCrop: false }),
    );
  }

  #bytes(
    images: readonly (RawImage | ImageArray)[],
    options: ImageProcessorOptions,
  ): (Pixels & { readonly data: Uint8Array })[] {
    return this.#cropped(images, options, () => {}).map((pixels, n) => {
      if (pixels.data instanceof Float32Array)
        throw new ImageError(`images[${n}]: expected 8-bit values, received floats`);
      return { ...pixels, data: pixels.data };
    });
  }

  #cropped(
    images: readonly (RawImage | ImageArray)[],
    options: ImageProcessorOptions,
    onWarning: OnWarning,
  ): Pixels[] {
    if (!Array.isArray(images) || images.length === 0)
      throw new ImageError("images: expected at least one, received none");
    return images.map((image: RawImage | ImageArray, n) => {
      try {
        const pixels = pixelsOf(image, options);
        if (pixels.data instanceof Float32Array)
          checkFloats(pixels.data, options, `images[${n}]`, onWarning);
        const resized = options.doResize ? this.#resize(pixels, options) : pixels;
        const size = cropOf(options);
        return size ? centerCrop(resized, size, this.arithmetic) : resized;
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
    const from = [height, width, channels] as const;
    const to = targetSize(size, height, width);
    const done = { height: to[0], width: to[1], channels };
    if (data instanceof Uint8Array)
      return { ...done, data: resize(data, from, to, resample, this.arithmetic) };
    if (this.arithmetic === "torchvision")
      return { ...done, data: resizeFloat(data, from, to, resample) };
    // Pillow resizes 8 bits: transformers cuts floats that are near whole numbers, and scales those
    // between 0 and 1 there and back (_rescale_for_pil_conversion).
    const whole = data.every((value) => isNearWhole(value));
    const unit = !whole && data.every((value) => value >= 0 && value <= 1);
    if (!unit && !(whole && data.every((value) => value >= 0 && value <= 255)))
      throw new ImageError(
        "expected floats that are whole numbers from 0 to 255 or lie between 0 and 1, or " +
          "turn doResize off",
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

  /** How the values of one channel are changed. */
  #change(
    {
      doRescale,
      rescaleFactor,
      doNormalize,
      imageMean,
      imageStd,
      doConvertRgb,
    }: ImageProcessorOptions,
    channel: number,
    channels: number,
  ): (value: number) => number {
    // NumPy rescales in float64 and rounds, torchvision in float32.
    const factor = this.arithmetic === "pillow" ? rescaleFactor : Math.fround(rescaleFactor);
    const rescaled = doRescale
      ? (value: number): number => Math.fround(value * factor)
      : (value: number): number => value;
    if (!doNormalize) return rescaled;
    const of = (name: string, values: number | readonly number[]): number => {
      const all = [values].flat();
      if (all.length !== 1 && all.length !== channels)
        throw new ImageError(
          `${name}: expected one value or ${channels}, received ` +
            `${all.length}` +
            (channels === 1 && !doConvertRgb
              ? "; doConvertRgb makes three channels of a grey picture"
              : ""),
        );
      return Math.fround(all[channel] ?? all[0]!);
    };
    const [mean, std] = [of("imageMean", imageMean), of("imageStd", imageStd)];
    if (this.arithmetic === "torchvision" && doRescale) {
      if (rescaleFactor === 0)
        throw new ImageError("rescaleFactor: expected a number other than zero, received 0");
      // Fused: the mean and the deviation are scaled instead of the picture, in float32.
      const scale = Math.fround(1 / rescaleFactor);
      const [scaledMean, scaledStd] = [Math.fround(mean * scale), Math.fround(std * scale)];
      return (value) => Math.fround(Math.fround(value - scaledMean) / scaledStd);
    }
    return (value) => Math.fround(Math.fround(rescaled(value) - mean) / std);
  }
}

/** Whether a value is close to a whole number, by the tolerance of np.allclose. */
function isNearWhole(value: number): boolean {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) <= 1e-8 + 1e-5 * Math.abs(whole);
}

/**
 * Throws ImageError for values that are not numbers. Warns about values that are rescaled twice.
 */
function checkFloats(
  data: Float32Array,
  { doRescale }: ImageProcessorOptions,
  name: string,
  onWarning: OnWarning,
): void {
  if (!data.every(Number.isFinite))
    throw new ImageError("expected finite floats, received NaN or an infinity");
  if (doRescale && data.every((value) => value >= 0 && value <= 1))
    onWarning({
      code: "float-rescale",
      message: `${name} lies between 0 and 1 but is divided by 255; set doRescale to false`,
    });
}

/** Allocates floats. Throws ImageError if there is not enough memory. */
function floats(length: number): Float32Array<ArrayBuffer> {
  try {
    return new Float32Array(length);
  } catch (cause) {
    throw new ImageError(
      `pixel_values: ${length} values take more memory than there is: preprocess fewer ` +
        "pictures at a time, or smaller ones",
      { cause },
    );
  }
}

/** The size that all processed pictures have. */
function sizeOf(
  pictures: readonly Pixels[],
  { doPad, padSize }: ImageProcessorOptions,
): FixedSize & { readonly channels: number } {
  const [{ height, width, channels }] = pictures as [Pixels];
  const largest = (side: "height" | "width"): number =>
    pictures.reduce((most, picture) => Math.max(most, picture[side]), 0);
  const target = doPad
    ? (padSize ?? { height: largest("height"), width: largest("width") })
    : { height, width };
  pictures.forEach((other, n) => {
    const received = `received ${other.height}x${other.width}x${other.channels}`;
    if (
      other.channels !== channels ||
      (!doPad && (other.height !== height || other.width !== width))
    )
      throw new ImageError(
        `images[${n}]: expected ${height}x${width}x${channels} like the first, ${received}`,
      );
    if (other.height > target.height || other.width > target.width)
      throw new ImageError(
        `images[${n}]: expected at most the padSize of ${target.height}x${target.width}, ` +
          `${received}`,
      );
  });
  return { ...target, channels };
}

/**
 * Looks up every `channels`th byte from `from` in a table, `count` of them. It is a function of its
 * own so that engines see one type at each place.
 */
function lookUp(
  data: Uint8Array,
  from: number,
  channels: number,
  count: number,
  table: Float32Array,
  out: Float32Array,
  start: number,
  step: number,
): void {
  let at = start;
  const end = from + count * channels;
  for (let i = from; i < end; i += channels) {
    out[at] = table[data[i]!]!;
    at += step;
  }
}

/**
 * The image processor with torchvision's arithmetic, bit for bit equal on 8-bit pictures
 * (`SiglipImageProcessorFast` of transformers 4, `SiglipImageProcessor` of 5).
 */
export class SiglipImageProcessorFast extends SiglipImageProcessor {
  protected override readonly arithmetic: ResizeArithmetic = "torchvision";
}
