/** Resizes and crops as torchvision's transforms do with Pillow pictures. */
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
  /** Side of the resulting squares, in pixels. */
  readonly size: number;
  /** Side to which pictures are resized before their middle is cut out. Default: `size`. */
  readonly resizeTo?: number;
  /** Whether both sides are resized to that, or only the shorter one, keeping the aspect ratio. */
  readonly squash: boolean;
  readonly resample: Resample;
  /** Whether pictures are converted to RGB before they are resized, or afterwards. */
  readonly rgbFirst: boolean;
  /** One for each channel, or one for all. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Applies `Resize`, `CenterCrop`, `ToTensor` and `Normalize` of torchvision, in this order. */
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

  /** Returns `[batch, 3, size, size]`. Throws ImageError, which names the picture. */
  preprocess(images: readonly (RawImage | ImageArray)[]): ImageFeatures {
    return this.#normalize.preprocess(this.#resized(images));
  }

  /** Returns the bytes before normalisation, `[batch, size, size, 3]`. Throws ImageError. */
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

/** The offset of the middle. Halves are rounded to the even number, as by Python's `round`. */
function offset(from: number, to: number): number {
  const half = (from - to) / 2;
  const below = Math.floor(half);
  return half === below ? half : below + (below & 1);
}

/** Cuts out the middle of an RGB picture, which must not be smaller. */
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
