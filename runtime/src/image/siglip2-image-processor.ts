/**
 * transformers' Siglip2ImageProcessor (NaFlex): resizes pictures of any aspect ratio to as many
 * patches as a model takes, and cuts them into patches.
 */
import { nearestName, shown } from "@sigil/spec/shared";
import type { Siglip2VisionInputs } from "../model/naflex.ts";
import type { Tensor } from "../model/program.ts";
import { fitPatches } from "./fit-patches.ts";
import { expectType, optionsFromConfig, settingsOf } from "./image-processor-config.ts";
import type { ImageProcessorOptions } from "./image-processor-options.ts";
import { pixelsOf } from "./pixels.ts";
import { ImageError, type ImageArray, type RawImage } from "./raw-image.ts";
import { mostPixels } from "./resize-memory.ts";
import {
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  type ImageWarning,
} from "./siglip-image-processor.ts";

/** The steps that it shares with SiglipImageProcessor. */
type Shared = Pick<
  ImageProcessorOptions,
  | "doResize"
  | "resample"
  | "doRescale"
  | "rescaleFactor"
  | "doNormalize"
  | "imageMean"
  | "imageStd"
  | "doConvertRgb"
  | "inputDataFormat"
>;

export interface Siglip2ImageProcessorOptions extends Shared {
  /** `patch_size`: height and width of a patch. Default 16. */
  readonly patchSize: number;
  /** `max_num_patches`: how many patches pictures are resized and padded to. Default 256. */
  readonly maxNumPatches: number;
}

/**
 * Defaults that differ from SiglipImageProcessor: grey and transparent pictures are not converted.
 */
const defaults = {
  doResize: true,
  resample: "bilinear",
  doConvertRgb: false,
  patchSize: 16,
  maxNumPatches: 256,
} as const satisfies Partial<Siglip2ImageProcessorOptions>;

/** What the file calls them. */
const keys = ["patch_size", "max_num_patches"] as const;
const sharedKeys = [
  "do_resize",
  "resample",
  "do_rescale",
  "rescale_factor",
  "do_normalize",
  "image_mean",
  "image_std",
  "do_convert_rgb",
  "input_data_format",
];

type OnWarning = (warning: ImageWarning) => void;
type Images = readonly (RawImage | ImageArray)[];

/**
 * The NaFlex image processor with Pillow's arithmetic, bit for bit equal to
 * `Siglip2ImageProcessorPil` of transformers 5.
 */
export class Siglip2ImageProcessor {
  /** Absent options have the defaults of SiglipImageProcessor. */
  readonly options: Partial<Shared> & Siglip2Sizes;
  readonly #resizer: SiglipImageProcessor;

  constructor(
    options: Partial<Siglip2ImageProcessorOptions> = {},
    Resizer: typeof SiglipImageProcessor = SiglipImageProcessor,
  ) {
    const { patchSize, maxNumPatches, ...shared } = { ...defaults, ...options };
    checkSizes({ patchSize, maxNumPatches });
    this.#resizer = new Resizer({ ...shared, dataFormat: "channels_last" });
    this.options = { ...defaults, ...options };
  }

  /**
   * Reads a `preprocessor_config.json`, or the `image_processor` of a `processor_config.json`.
   * Throws ImageError for settings of another `image_processor_type`, and for invalid values, which
   * it lists.
   */
  static fromConfig(
    config: Readonly<Record<string, unknown>>,
    { onWarning }: { readonly onWarning?: OnWarning } = {},
  ): Siglip2ImageProcessor {
    expectType(config, "Siglip2ImageProcessor");
    return new this(siglip2Options(config, onWarning));
  }

  /**
   * Processes pictures, which may differ in size, into all that a NaFlex model takes. Options given
   * here replace those of the constructor. Throws ImageError, which names the picture.
   */
  preprocess(
    images: Images,
    {
      onWarning,
      ...overrides
    }: Partial<Siglip2ImageProcessorOptions> & { readonly onWarning?: OnWarning } = {},
  ): Siglip2VisionInputs<Tensor<readonly [number, number, number]>> {
    if (!Array.isArray(images) || images.length === 0)
      throw new ImageError("images: expected at least one, received none");
    const { patchSize, maxNumPatches, ...shared } = { ...this.options, ...overrides };
    checkSizes({ patchSize, maxNumPatches });
    const pictures = images.map((image: RawImage | ImageArray, n) => {
      const name = (message: string): string => message.replace(/^images\[0\]/, `images[${n}]`);
      const told = onWarning && {
        onWarning: (warning: ImageWarning) =>
          onWarning({ ...warning, message: name(warning.message) }),
      };
      try {
        return this.#patches(image, { ...shared, ...told }, patchSize, maxNumPatches);
      } catch (error) {
        if (!(error instanceof ImageError)) throw error;
        const message = error.message.replace(/^images\[0\]: /, "");
        throw new ImageError(`images[${n}]: ${message}`, { cause: error });
      }
    });
    const { width } = pictures[0]!;
    const odd = pictures.findIndex((picture) => picture.width !== width);
    if (odd >= 0)
      throw new ImageError(
        `images[${odd}]: expected ${width / patchSize ** 2} channels like the first, received ` +
          `${pictures[odd]!.width / patchSize ** 2}`,
      );
    const count = pictures.length;
    const data = floats(count * maxNumPatches * width);
    const mask = new Int32Array(count * maxNumPatches);
    pictures.forEach(({ values, grid: [rows, columns] }, n) => {
      data.set(values, n * maxNumPatches * width);
      mask.fill(1, n * maxNumPatches, n * maxNumPatches + rows * columns);
    });
    return {
      pixelValues: { data, shape: [count, maxNumPatches, width] },
      pixelAttentionMask: { data: mask, shape: [count, maxNumPatches] },
      spatialShapes: {
        data: Int32Array.from(pictures.flatMap(({ grid }) => grid)),
        shape: [count, 2],
      },
    };
  }

  #patches(
    image: RawImage | ImageArray,
    options: Partial<Shared> & { readonly onWarning?: OnWarning },
    patch: number,
    most: number,
  ): {
    readonly values: Float32Array;
    readonly grid: readonly [number, number];
    readonly width: number;
  } {
    const { doResize = true, doConvertRgb = false, inputDataFormat } = options;
    const pixels = pixelsOf(image, {
      doConvertRgb,
      ...(inputDataFormat && { inputDataFormat }),
    });
    const [height, width] = doResize
      ? fitPatches(pixels.height, pixels.width, patch, most)
      : [pixels.height, pixels.width];
    if (height % patch !== 0 || width % patch !== 0)
      throw new ImageError(
        `expected sides that are multiples of the patch of ${patch}, received ` +
          `${height}x${width}; turn doResize on`,
      );
    const grid = [height / patch, width / patch] as const;
    if (grid[0] * grid[1] > most)
      throw new ImageError(
        `expected at most ${most} patches, received ${grid[0]}x${grid[1]}; turn doResize on, ` +
          "or raise maxNumPatches",
      );
    const { pixelValues, shape } = this.#resizer.preprocess(
      [{ data: pixels.data, shape: [pixels.height, pixels.width, pixels.channels] }],
      { ...options, size: { height, width }, inputDataFormat: "channels_last" },
    );
    const line = patch * shape[3];
    const values = new Float32Array(pixelValues.length);
    let at = 0;
    for (let y = 0; y < grid[0]; y++)
      for (let x = 0; x < grid[1]; x++)
        for (let row = 0; row < patch; row++, at += line) {
          const from = ((y * patch + row) * grid[1] + x) * line;
          values.set(pixelValues.subarray(from, from + line), at);
        }
    return { values, grid, width: patch * line };
  }
}

/**
 * The NaFlex image processor with torchvision's arithmetic, bit for bit equal on 8-bit pictures
 * (`Siglip2ImageProcessor` of transformers 5, `Siglip2ImageProcessorFast` of 4).
 */
export class Siglip2ImageProcessorFast extends Siglip2ImageProcessor {
  constructor(options: Partial<Siglip2ImageProcessorOptions> = {}) {
    super(options, SiglipImageProcessorFast);
  }
}

type Siglip2Sizes = Pick<Siglip2ImageProcessorOptions, "patchSize" | "maxNumPatches">;

function checkSizes({ patchSize, maxNumPatches }: Siglip2Sizes): void {
  const problems = Object.entries({ patchSize, maxNumPatches }).flatMap(([name, value]) =>
    Number.isSafeInteger(value) && value > 0
      ? []
      : [`${name}: expected a positive integer, received ${shown(value)}`],
  );
  if (problems.length === 0 && patchSize ** 2 * maxNumPatches > mostPixels)
    problems.push(
      `maxNumPatches: expected at most ${Math.floor(mostPixels / patchSize ** 2)} patches of ` +
        `${patchSize}x${patchSize}, received ${maxNumPatches}`,
    );
  if (problems.length > 0) throw new ImageError(problems.join("; "));
}

/** The options in a file. Absent ones keep their defaults. */
function siglip2Options(
  config: Readonly<Record<string, unknown>>,
  onWarning: OnWarning = ({ code, message }) => console.warn(`sigil [${code}]: ${message}`),
): Partial<Siglip2ImageProcessorOptions> {
  const settings = settingsOf(config);
  const known = [...sharedKeys, ...keys];
  for (const key of Object.keys(settings)) {
    const near = known.includes(key) ? undefined : nearestName(key, known);
    if (near)
      onWarning({
        code: "unknown-setting",
        message:
          `${key} is not a setting of Siglip2ImageProcessor and is ` +
          `ignored; did you mean ${near}?`,
      });
  }
  const shared = Object.fromEntries(
    Object.entries(settings).filter(([key]) => sharedKeys.includes(key)),
  );
  const [patchSize, maxNumPatches] = keys.map((key) => settings[key] ?? undefined);
  return {
    ...optionsFromConfig(shared),
    ...(patchSize !== undefined && { patchSize: patchSize as number }),
    ...(maxNumPatches !== undefined && { maxNumPatches: maxNumPatches as number }),
  };
}

/** Allocates floats. Throws ImageError if there is not enough memory. */
function floats(length: number): Float32Array {
  try {
    return new Float32Array(length);
  } catch (cause) {
    throw new ImageError(
      `pixel_values: ${length} values take more memory than there is: preprocess fewer ` +
        "pictures at a time",
      { cause },
    );
  }
}
