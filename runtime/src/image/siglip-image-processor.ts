import { ImageError, type RawImage } from "./raw-image.ts";
import { resizePillow, type Resample } from "./resize-pillow.ts";

export interface ImageProcessorOptions {
  readonly size: { readonly height: number; readonly width: number };
  readonly resample: Resample;
  /** `rescale_factor`, default 1/255. */
  readonly rescaleFactor: number;
  /** `image_mean` and `image_std`, one value a channel. */
  readonly imageMean: readonly number[];
  readonly imageStd: readonly number[];
}

/** SiglipImageProcessor with Pillow's arithmetic: resize without keeping the aspect ratio, rescale, normalise. */
export class SiglipImageProcessor {
  readonly options: ImageProcessorOptions;

  constructor(options: Partial<ImageProcessorOptions> = {}) {
    this.options = { size: { height: 224, width: 224 }, resample: "bicubic", rescaleFactor: 1 / 255, imageMean: [0.5, 0.5, 0.5], imageStd: [0.5, 0.5, 0.5], ...options };
    const { height, width } = this.options.size;
    if (!(Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0)) throw new ImageError(`size: expected positive integers, received ${height}x${width}`);
  }

  /** From a `preprocessor_config.json`, or the `image_processor` of a `processor_config.json`. */
  static fromConfig(config: Readonly<Record<string, unknown>>): SiglipImageProcessor {
    const given = (config.image_processor ?? config) as { size?: { height: number; width: number }; resample?: number; rescale_factor?: number; image_mean?: number[]; image_std?: number[]; do_resize?: boolean; do_rescale?: boolean; do_normalize?: boolean };
    for (const step of ["do_resize", "do_rescale", "do_normalize"] as const) if (given[step] === false) throw new ImageError(`${step}: expected true, received false, which this version does not support`);
    if (given.size !== undefined && !("height" in given.size && "width" in given.size)) throw new ImageError(`size: expected height and width, received ${JSON.stringify(given.size)}`);
    if (given.resample !== undefined && given.resample !== 2 && given.resample !== 3) throw new ImageError(`resample: expected 2 (bilinear) or 3 (bicubic), received ${given.resample}`);
    return new SiglipImageProcessor({
      ...(given.size ? { size: given.size } : {}),
      ...(given.resample ? { resample: given.resample === 2 ? "bilinear" : "bicubic" } : {}),
      ...(given.rescale_factor ? { rescaleFactor: given.rescale_factor } : {}),
      ...(given.image_mean ? { imageMean: given.image_mean } : {}),
      ...(given.image_std ? { imageStd: given.image_std } : {}),
    });
  }

  /** `pixel_values`, float32 `[batch, 3, height, width]`; pictures may differ in size. Rescaling is in float64 and rounded, normalising in float32, as NumPy does them. */
  preprocess(images: readonly RawImage[]): { readonly pixelValues: Float32Array; readonly shape: readonly [number, number, number, number] } {
    if (images.length === 0) throw new ImageError("images: expected at least one, received none");
    const { size, resample, rescaleFactor, imageMean, imageStd } = this.options;
    const area = size.height * size.width;
    const pixelValues = new Float32Array(images.length * 3 * area);
    const tables = imageMean.map((mean, c) => Float32Array.from({ length: 256 }, (_, u) => Math.fround(Math.fround(u * rescaleFactor) - Math.fround(mean)) / Math.fround(imageStd[c]!)));
    images.forEach((image, n) => {
      if (image.channels !== 3 || image.data.length !== image.width * image.height * 3) throw new ImageError(`images[${n}]: expected ${image.width}x${image.height} RGB bytes, received ${image.data.length}`);
      const resized = resizePillow(image.data, [image.height, image.width, 3], [size.height, size.width], resample);
      for (let c = 0; c < 3; c++) for (let i = 0; i < area; i++) pixelValues[(n * 3 + c) * area + i] = tables[c]![resized[i * 3 + c]!]!;
    });
    return { pixelValues, shape: [images.length, 3, size.height, size.width] };
  }
}
