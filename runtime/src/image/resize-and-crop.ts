/** Resizing and cropping as torchvision's transforms do to pictures of Pillow. */
import { convertRgb } from "./convert-rgb.ts";
import { targetSize, type FixedSize } from "./image-size.ts";
import { ImageError, type ImageArray, type RawImage } from "./raw-image.ts";
import type { Resample } from "./resample-windows.ts";
import { resizeInMode } from "./resize-in-mode.ts";
import {
  SiglipImageProcessor,
  type ImageBytes,
  type ImageFeatures,
} from "./siglip-image-processor.ts";

export interface ResizeAndCropOptions {
  /** Side of the squares that come out. */
  readonly size: number;
  /** Side that pictures are resized to before the middle is cut out of them; `size` by default. */
  readonly resizeTo?: number;
  /** Whether both sides become that, or the shorter one. */
  readonly squash: boolean;
  readonly resample: Resample;
  /** Resize pictures as RGB, or in the mode that they have. */
  readonly rgbFirst: boolean;
  /** One for each channel, or one for all. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * What `Resize`, `CenterCrop`, `ToTensor` and `Normalize` make of pictures, one after the other.
 */
export class ResizeAndCrop {
  readonly options: ResizeAndCropOptions;
  readonly outputSize: FixedSize;
  readonly #normalize: SiglipImageProcessor;

  constructor(options: ResizeAndCropOptions) {
    const { size, mean, std } = options;
    this.outputSize = { height: size, width: size };
    this.options = options;
    this.#normalize = new SiglipImageProcessor({ doResize: false, imageMean: mean, imageStd: std });
  }

  /** `[batch, 3, size, size]`. Throws ImageError, naming the picture. */
  preprocess(images: readonly (RawImage | ImageArray)[]): ImageFeatures {
    return this.#normalize.preprocess(this.#resized(images));
  }

  /** The bytes before they are normalised, `[batch, size, size, 3]`. Throws ImageError. */
  preprocessBytes(images: readonly (RawImage | ImageArray)[]): ImageBytes {
    return this.#normalize.preprocessBytes(this.#resized(images));
  }

  #resized(images: readonly (RawImage | ImageArray)[]): RawImage[] {
    const { size, resizeTo = size, squash, resample, rgbFirst } = this.options;
    return images.map((image, n) => {
      try {
        if (!image || typeof image !== "object" || "shape" in image)
          throw new ImageError("expected a decoded picture, as decodeImage gives it");
        const given = rgbFirst ? convertRgb(image) : image;
        const to = squash
          ? ([resizeTo, resizeTo] as const)
          : targetSize({ shortestEdge: resizeTo }, given.height, given.width);
        return middle(convertRgb(resizeInMode(given, to, resample)), size);
      } catch (error) {
        if (error instanceof ImageError)
          throw new ImageError(`images[${n}]: ${error.message}`, { cause: error });
        throw error;
      }
    });
  }
}

/** Halves go to the even number, as Python's `round` has it. */
function offset(from: number, to: number): number {
  const half = (from - to) / 2;
  const below = Math.floor(half);
  return half === below ? half : below + (below & 1);
}

/** The middle of an RGB picture that is no smaller. */
function middle(image: RawImage, size: number): RawImage {
  const { data, height, width } = image;
  if (height === size && width === size) return image;
  const [top, left] = [offset(height, size), offset(width, size)];
  const out = new Uint8Array(3 * size * size);
  for (let y = 0; y < size; y++) {
    const from = 3 * ((top + y) * width + left);
    out.set(data.subarray(from, from + 3 * size), 3 * size * y);
  }
  return { data: out, height: size, width: size, channels: 3, mode: "RGB" };
}
