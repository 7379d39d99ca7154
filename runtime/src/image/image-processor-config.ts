/**
 * Reads the settings of an image processor from preprocessor_config.json and processor_config.json.
 */
import { shown } from "@sigil/spec/shared";
import { nearestName } from "@sigil/spec/shared";
import {
  defaultOptions,
  problemsOf,
  type ImageProcessorOptions,
  type OptionName,
} from "./image-processor-options.ts";
import { ImageError } from "./raw-image.ts";
import { resampleNames } from "./resample-windows.ts";

type Json = Readonly<Record<string, unknown>>;

/** The option that each key sets; the keys of ImagesKwargs in transformers 5.18. */
const optionOf: Readonly<Record<string, OptionName>> = {
  do_resize: "doResize",
  size: "size",
  resample: "resample",
  do_center_crop: "doCenterCrop",
  crop_size: "cropSize",
  do_rescale: "doRescale",
  rescale_factor: "rescaleFactor",
  do_normalize: "doNormalize",
  image_mean: "imageMean",
  image_std: "imageStd",
  do_pad: "doPad",
  pad_size: "padSize",
  do_convert_rgb: "doConvertRgb",
  input_data_format: "inputDataFormat",
};

/** The sides that a size may name. Only other image processors have the last two. */
const sideOf: ReadonlyMap<string, string> = new Map([
  ["height", "height"],
  ["width", "width"],
  ["shortest_edge", "shortestEdge"],
  ["longest_edge", "longestEdge"],
  ["max_height", "maxHeight"],
  ["max_width", "maxWidth"],
  ["min_pixels", "minPixels"],
  ["max_pixels", "maxPixels"],
]);

/**
 * Known keys that set no option. transformers sets any other key on the object and never reads it.
 */
const otherKeys = [
  // Read below: what one number as `size` means, and which class the settings are for.
  "default_to_square",
  "image_processor_type",
  "feature_extractor_type",
  "auto_map",
  // As transformers, which hands it to each step and writes channels first all the same.
  "data_format",
  // Where and in which groups PyTorch computes, and what holds the result: no value depends on it.
  "device",
  "disable_grouping",
  "return_tensors",
  // SiglipProcessor asks for none of the two.
  "image_seq_length",
  "processor_class",
];

/**
 * Finds the settings of a checkpoint's image processor as transformers does: the `image_processor`
 * of its `processor_config.json`, which older checkpoints lack, or else its
 * `preprocessor_config.json`.
 */
export function imageProcessorConfig({
  processorConfig,
  preprocessorConfig,
}: {
  readonly processorConfig?: Json | undefined;
  readonly preprocessorConfig?: Json | undefined;
}): Json | undefined {
  return processorConfig?.image_processor != null ? processorConfig : preprocessorConfig;
}

/** The settings themselves. Throws ImageError unless they are an object. */
export function settingsOf(config: Json): Json {
  const given = (config as Json | null)?.image_processor ?? config;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new ImageError(
      `image processor: expected an object of settings, received ${shown(given)}`,
    );
  return given as Json;
}

/**
 * The transformers class that the settings are for, without the suffix of its backend. If the file
 * names none, it is `own`, the class of the model. Throws ImageError for a name that is no class of
 * transformers.
 */
export function imageProcessorType(config: Json, own = "SiglipImageProcessor"): string {
  const settings = settingsOf(config);
  const named = settings.image_processor_type ?? settings.feature_extractor_type;
  if (named == null) {
    const map = settings.auto_map as Json | null | undefined;
    if (map?.AutoImageProcessor == null && map?.AutoFeatureExtractor == null) return own;
    throw new ImageError(
      "auto_map: names an image processor in code of its own, which is not run; state " +
        "image_processor_type",
    );
  }
  if (typeof named !== "string")
    throw new ImageError(`image_processor_type: expected a name, received ${shown(named)}`);
  return named.replace(/FeatureExtractor$/, "ImageProcessor").replace(/(Fast|Pil)$/, "");
}

/** Throws ImageError if the settings are for another class. The message names both classes. */
export function expectType(config: Json, expected: string): void {
  const type = imageProcessorType(config, expected);
  if (type === expected) return;
  throw new ImageError(
    `image_processor_type: expected ${expected}, received ${shown(type)}, ` +
      (type === "Siglip2ImageProcessor"
        ? "which cuts pictures of any aspect ratio into patches (NaFlex): use " +
          "Siglip2ImageProcessor, or imageProcessorFromConfig, which uses the class that the " +
          "file names"
        : `whose steps and defaults differ: write a file with image_processor_type ` +
          `${expected} that states every setting, or resize with that class and pass ` +
          "pixel_values"),
  );
}

/**
 * Reads the settings as transformers 5.18 does. Absent keys keep their defaults. Null switches a
 * step off, and is no valid value of anything else. A single number means the shortest edge in
 * `size`, and both sides in a crop or a padding. Throws ImageError that lists every invalid value
 * by its name in the file. `onUnknown` is called for keys that nothing reads and that look like a
 * misspelled one.
 */
export function optionsFromConfig(
  config: Json,
  onUnknown: (message: string) => void = () => {},
): Partial<ImageProcessorOptions> {
  const settings = settingsOf(config);
  const { default_to_square: square = false } = settings;
  // Of three channels there, so that a grey picture that is not converted is refused.
  const options: Record<string, unknown> = { imageMean: halves, imageStd: halves };
  for (const [key, name] of Object.entries(optionOf)) {
    if (!Object.hasOwn(settings, key)) continue;
    const value = settings[key];
    if (value !== null) options[name] = read(name, value, square === true);
    else if (key.startsWith("do_")) options[name] = false;
    else if (name in defaultOptions) options[name] = null;
  }
  const keyOf = Object.fromEntries(Object.entries(optionOf).map(([key, name]) => [name, key]));
  const problems = problemsOf(
    { ...defaultOptions, ...options },
    (name) => keyOf[name]!,
    (name) => settings[keyOf[name]!],
  );
  if (square !== null && typeof square !== "boolean")
    problems.push(`default_to_square: expected true or false, received ${shown(square)}`);
  if (problems.length > 0) throw new ImageError(`image processor: ${problems.join("; ")}`);
  const known = [...Object.keys(optionOf), ...otherKeys];
  for (const key of Object.keys(settings)) {
    const near = known.includes(key) ? undefined : nearestName(key, known);
    if (near)
      onUnknown(
        `${key} is not a setting of SiglipImageProcessor and is ignored; did you mean ${near}?`,
      );
  }
  return options;
}

/** IMAGENET_STANDARD_MEAN and IMAGENET_STANDARD_STD. */
const halves = [0.5, 0.5, 0.5];

/** A value of the file in the form of the option, or a value that every rule refuses. */
function read(name: OptionName, value: unknown, square: boolean): unknown {
  if (name === "resample") return typeof value === "number" ? resampleNames[value] : undefined;
  if (name !== "size" && name !== "cropSize" && name !== "padSize") return value;
  if (typeof value === "number")
    return name === "size" && !square ? { shortestEdge: value } : { height: value, width: value };
  if (Array.isArray(value))
    return value.length === 2 ? { height: value[0], width: value[1] } : value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, side]) => [sideOf.get(key) ?? "", side]),
  );
}
