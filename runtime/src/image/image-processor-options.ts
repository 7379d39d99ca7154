/** The options of transformers' SiglipImageProcessor. */
import { shown } from "@sigil/spec/shared";
import { nearestName } from "@sigil/spec/shared";
import type { FixedSize, ImageSize } from "./image-size.ts";
import { ImageError } from "./raw-image.ts";
import { resampleNames, type Resample } from "./resample-windows.ts";
import { mostPixels } from "./resize-memory.ts";

export type DataFormat = "channels_first" | "channels_last";

export interface ImageProcessorOptions {
  /** `do_resize`: resize to `size`. Default true. */
  readonly doResize: boolean;
  /** Default 224 x 224, whatever the picture's aspect ratio. */
  readonly size: ImageSize;
  /** Default "bicubic"; SigLIP 2 has "bilinear". */
  readonly resample: Resample;
  /**
   * `do_center_crop`: cut out the middle `cropSize`, with zeros around smaller pictures. Default
   * false.
   */
  readonly doCenterCrop: boolean;
  /** `crop_size`. */
  readonly cropSize?: FixedSize;
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
   * `do_pad`: add zeros below and to the right of normalised pictures, up to `padSize`. Default
   * false.
   */
  readonly doPad: boolean;
  /** `pad_size`. By default the largest height and width of the pictures of a call. */
  readonly padSize?: FixedSize;
  /**
   * `do_convert_rgb`: convert pictures of other modes to RGB. If false, a grey picture keeps its
   * one channel, and other modes are refused. Default true.
   */
  readonly doConvertRgb: boolean;
  /** `data_format` of `pixel_values`. Default "channels_first". */
  readonly dataFormat: DataFormat;
  /**
   * `input_data_format` of arrays. By default it follows from their shape, channels first if both
   * fit.
   */
  readonly inputDataFormat?: DataFormat;
}

export const defaultOptions: ImageProcessorOptions = {
  doResize: true,
  size: { height: 224, width: 224 },
  resample: "bicubic",
  doCenterCrop: false,
  doRescale: true,
  rescaleFactor: 1 / 255,
  doNormalize: true,
  imageMean: 0.5,
  imageStd: 0.5,
  doPad: false,
  doConvertRgb: true,
  dataFormat: "channels_first",
};

export type OptionName = keyof ImageProcessorOptions;

/** What a value must be, and what it must be even if no step reads it. */
type Rule = readonly [
  expected: string,
  is: (value: unknown) => boolean,
  loads?: (value: unknown) => boolean,
];

const isSide = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const hasForm = (value: unknown, form: readonly string[]): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).length === form.length &&
  form.every((name) => name in value);
const isSize =
  (...forms: readonly (readonly string[])[]) =>
  (value: unknown): boolean => {
    if (!forms.some((form) => hasForm(value, form))) return false;
    const { height = 1, width = 1, ...others } = value as Readonly<Record<string, number>>;
    return [height, width, ...Object.values(others)].every(isSide) && height * width <= mostPixels;
  };
const fixed = ["height", "width"];
const shortest = ["shortestEdge"];
const limited = ["shortestEdge", "longestEdge"];
const largest = ["maxHeight", "maxWidth"];
/** The forms of sizes that transformers loads. The last two are for other image processors. */
const loads = (value: unknown): boolean =>
  value == null ||
  [fixed, shortest, limited, largest, ["longestEdge"], ["minPixels", "maxPixels"]].some((form) =>
    hasForm(value, form),
  );
const isNumbers = (value: unknown): boolean => {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.length > 0 && values.every(Number.isFinite);
};

const boolean: Rule = ["true or false", (value) => typeof value === "boolean"];
const fixedSize: Rule = [
  `a positive integer height and width of at most ${mostPixels} pixels`,
  isSize(fixed),
  loads,
];
const dataFormat: Rule = [
  '"channels_first" or "channels_last"',
  (value) => value === "channels_first" || value === "channels_last",
];

/** Each option with its rule and, if there is one, the step that reads it. */
const rules: { readonly [Name in OptionName]-?: readonly [rule: Rule, step?: OptionName] } = {
  doResize: [boolean],
  size: [
    [
      `${fixedSize[0]}, a shortest edge, with or without a longest edge, or a largest height ` +
        "and width",
      isSize(fixed, shortest, limited, largest),
      loads,
    ],
    "doResize",
  ],
  resample: [
    [
      resampleNames.map((name, number) => `${name} (${number})`).join(", "),
      (value) => resampleNames.includes(value as Resample),
    ],
    "doResize",
  ],
  doCenterCrop: [boolean],
  cropSize: [fixedSize, "doCenterCrop"],
  doRescale: [boolean],
  rescaleFactor: [["a finite number", Number.isFinite], "doRescale"],
  doNormalize: [boolean],
  imageMean: [["a finite number or a list of them", isNumbers], "doNormalize"],
  imageStd: [
    [
      "a finite number other than zero, or a list of them",
      (value) => isNumbers(value) && ![value].flat().includes(0),
    ],
    "doNormalize",
  ],
  doPad: [boolean],
  padSize: [fixedSize, "doPad"],
  doConvertRgb: [boolean],
  dataFormat: [dataFormat],
  inputDataFormat: [dataFormat],
};

/** Options that may be absent even if the step that reads them is on. */
const optional: readonly OptionName[] = ["padSize", "inputDataFormat"];

/**
 * Lists what is wrong with options. Most options are checked only if the step that reads them is
 * on. `nameOf` and `received` give the name and the value of an option for the message.
 */
export function problemsOf(
  options: Readonly<Record<string, unknown>>,
  nameOf: (name: OptionName) => string = (name) => name,
  received: (name: OptionName) => unknown = (name) => options[name],
): string[] {
  return Object.entries(rules).flatMap(([key, [[expected, is, unread = () => true], step]]) => {
    const name = key as OptionName;
    const value = options[name];
    const isRead = !step || options[step] === true;
    if (isRead ? is(value) : unread(value)) return [];
    if (value === undefined && optional.includes(name)) return [];
    const why = isRead && step ? ` where ${nameOf(step)} is true` : "";
    return [`${nameOf(name)}: expected ${expected}${why}, received ${shown(received(name))}`];
  });
}

/** Throws ImageError that lists every invalid option and every unknown name. */
export function checkOptions(options: ImageProcessorOptions): ImageProcessorOptions {
  const problems = Object.keys(options)
    .filter((name) => !Object.hasOwn(rules, name))
    .map((name) => {
      const near = nearestName(name, Object.keys(rules));
      return `${name}: is no option of the image processor${near ? `; did you mean ${near}?` : ""}`;
    });
  problems.push(...problemsOf(options as unknown as Readonly<Record<string, unknown>>));
  if (problems.length > 0) throw new ImageError(problems.join("; "));
  return options;
}

/** The size that pictures are cropped to, if they are: checkOptions has seen that it is given. */
export function cropOf({ doCenterCrop, cropSize }: ImageProcessorOptions): FixedSize | undefined {
  if (!doCenterCrop) return undefined;
  if (!cropSize) throw new Error("internal: a crop of no size");
  return cropSize;
}

/** The height and width of every processed picture, or undefined if they depend on the picture. */
export function outputSize(options: ImageProcessorOptions): FixedSize | undefined {
  const { doResize, size, doPad, padSize } = options;
  if (doPad && padSize) return padSize;
  return cropOf(options) ?? (doResize && "height" in size ? size : undefined);
}
