/** The options of transformers' SiglipImageProcessor, from code or from a checkpoint's JSON. */
import { ImageError } from "./raw-image.ts";
import type { Resample } from "./resample-windows.ts";

export type DataFormat = "channels_first" | "channels_last";

export interface ImageProcessorOptions {
  /** `do_resize`: to `size`, without keeping the aspect ratio. Default true. */
  readonly doResize: boolean;
  /** Default 224 x 224. */
  readonly size: { readonly height: number; readonly width: number };
  /** Default "bicubic"; SigLIP 2 has "bilinear". */
  readonly resample: Resample;
  /** `do_rescale`: multiply by `rescaleFactor`. Default true. */
  readonly doRescale: boolean;
  /** `rescale_factor`. Default 1/255. */
  readonly rescaleFactor: number;
  /** `do_normalize`: subtract the mean, divide by the deviation. Default true. */
  readonly doNormalize: boolean;
  /** `image_mean`, one value for all channels or one for each. Default 0.5. */
  readonly imageMean: number | readonly number[];
  /** `image_std`, one value for all channels or one for each. Default 0.5. */
  readonly imageStd: number | readonly number[];
  /**
   * `do_convert_rgb`: convert pictures of other modes to RGB; where it is off they are refused.
   * Default true.
   */
  readonly doConvertRgb: boolean;
  /** `data_format` of `pixel_values`. Default "channels_first". */
  readonly dataFormat: DataFormat;
  /**
   * `input_data_format` of arrays; by default seen from their shape, channels first where both
   * would do.
   */
  readonly inputDataFormat?: DataFormat;
}

export const defaultOptions: ImageProcessorOptions = {
  doResize: true,
  size: { height: 224, width: 224 },
  resample: "bicubic",
  doRescale: true,
  rescaleFactor: 1 / 255,
  doNormalize: true,
  imageMean: 0.5,
  imageStd: 0.5,
  doConvertRgb: true,
  dataFormat: "channels_first",
};

const received = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** Throws an ImageError for the first option that cannot be. */
export function checkOptions(options: ImageProcessorOptions): ImageProcessorOptions {
  const refuse = (name: string, expected: string, value: unknown): never => {
    throw new ImageError(`${name}: expected ${expected}, received ${received(value)}`);
  };
  const { size, resample, rescaleFactor, imageMean, imageStd, dataFormat, inputDataFormat } =
    options;
  for (const side of ["height", "width"] as const)
    if (!(Number.isInteger(size?.[side]) && size[side] > 0))
      refuse("size", "a positive integer height and width", size);
  if (resample !== "bilinear" && resample !== "bicubic")
    refuse("resample", '"bilinear" or "bicubic"', resample);
  if (!Number.isFinite(rescaleFactor)) refuse("rescaleFactor", "a finite number", rescaleFactor);
  for (const [name, values] of [
    ["imageMean", imageMean],
    ["imageStd", imageStd],
  ] as const)
    if (![values].flat().every(Number.isFinite) || [values].flat().length === 0)
      refuse(name, "finite numbers", values);
  if ([imageStd].flat().includes(0)) refuse("imageStd", "numbers other than zero", imageStd);
  for (const [name, format] of [
    ["dataFormat", dataFormat],
    ["inputDataFormat", inputDataFormat ?? "channels_first"],
  ] as const)
    if (format !== "channels_first" && format !== "channels_last")
      refuse(name, '"channels_first" or "channels_last"', format);
  return options;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * What a checkpoint says of its image processor, found as transformers does: the `image_processor`
 * of its `processor_config.json`, which older ones lack, else its `preprocessor_config.json`.
 */
export function imageProcessorConfig({
  processorConfig,
  preprocessorConfig,
}: {
  readonly processorConfig?: Json | undefined;
  readonly preprocessorConfig?: Json | undefined;
}): Json | undefined {
  return processorConfig?.image_processor ? processorConfig : preprocessorConfig;
}

/**
 * Reads `preprocessor_config.json`, or the `image_processor` of `processor_config.json`; what is
 * absent keeps its default, an explicit null `do_convert_rgb` is off.
 */
export function optionsFromConfig(config: Json): Partial<ImageProcessorOptions> {
  const given = ((config as Json | null)?.image_processor ?? config) as Json;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new ImageError(
      `image processor: expected an object of settings, received ${received(given).slice(0, 60)}`,
    );
  const { size, resample } = given;
  if (
    size !== undefined &&
    !(typeof size === "object" && size !== null && "height" in size && "width" in size)
  )
    throw new ImageError(`size: expected height and width, received ${received(size)}`);
  if (resample !== undefined && resample !== 2 && resample !== 3)
    throw new ImageError(
      `resample: expected 2 (bilinear) or 3 (bicubic), received ${received(resample)}`,
    );
  const options: Record<string, unknown> = {
    size,
    resample: resample === undefined ? undefined : resample === 2 ? "bilinear" : "bicubic",
  };
  const names = {
    do_resize: "doResize",
    do_rescale: "doRescale",
    rescale_factor: "rescaleFactor",
    do_normalize: "doNormalize",
    image_mean: "imageMean",
    image_std: "imageStd",
    data_format: "dataFormat",
  } as const;
  for (const [key, name] of Object.entries(names)) options[name] = given[key] ?? undefined;
  if ("do_convert_rgb" in given) options.doConvertRgb = given.do_convert_rgb === true;
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
