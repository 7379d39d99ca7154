import {
  ImageError,
  imageProcessorFromConfig,
  InputError,
  OpenClipImageProcessor,
  ResizeAndCrop,
  Siglip2ImageProcessor,
  Siglip2ImageProcessorFast,
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  stackInputs,
  TimmImageProcessor,
  type AnyImageProcessor,
  type ImageArray,
  type RawImage,
  type Resample,
} from "@sigil/runtime/internal";
import { isForeignConfig } from "@sigil/spec";
import { parsePythonJson } from "@sigil/spec/shared";
import { readInput } from "../files.ts";
import { decodePicture, pictureArguments } from "../picture-arguments.ts";
import { saveTensors, type StoredTensor } from "../tensors/save-tensors.ts";

export interface PreprocessOptions {
  readonly out: string;
  readonly config?: string;
  readonly size?: { readonly height: number; readonly width: number };
  readonly resample?: Resample;
  readonly fast?: boolean;
  readonly uint8?: boolean;
  readonly maxNumPatches?: number;
  readonly exif: boolean;
}

type Pixels = ReturnType<SiglipImageProcessor["resize"]>[number];

/**
 * Writes a model's inputs for pictures into a safetensors file: `pixel_values`, and with `uint8`
 * also `pixels`, the resized and cropped bytes, `[batch, height, width, 3]`. NaFlex models also get
 * `pixel_attention_mask` and `spatial_shapes`.
 */
export async function preprocess(given: string[], options: PreprocessOptions): Promise<void> {
  const { out } = options;
  const processor = openProcessor(options);
  const images = await pictureArguments(given);
  const tensors =
    processor instanceof Siglip2ImageProcessor
      ? await patches(images, processor, options)
      : processor instanceof ResizeAndCrop
        ? await transformed(images, processor, options)
        : await pixels(images, processor, options);
  await saveTensors(out, tensors);
  process.stderr.write(
    `${out}: ${Object.entries(tensors)
      .map(([name, tensor]) => `${name} [${tensor.shape.join(", ")}]`)
      .join(", ")}\n`,
  );
}

async function pixels(
  images: readonly string[],
  processor: SiglipImageProcessor,
  { size, resample, uint8, maxNumPatches, exif }: PreprocessOptions,
): Promise<Record<string, StoredTensor>> {
  if (maxNumPatches !== undefined)
    throw new InputError(
      "--max-num-patches: the config's image processor makes pictures of one size; use --size",
    );
  const changes = { ...(size && { size }), ...(resample && { resample }) };
  const { doResize } = processor.options;
  // Each is resized as soon as it is decoded: photographs are never in memory together.
  const pictures = await Promise.all(
    images.map(async (image): Promise<RawImage | ImageArray> => {
      const picture = await decodePicture(image, { exif });
      if (!doResize) return picture;
      const [{ data, height, width }] = processor.resize([picture], changes) as [Pixels];
      return { data, height, width, channels: 3 };
    }),
  );
  const rest = { ...changes, doResize: false };
  const { pixelValues, shape } = processor.preprocess(pictures, rest);
  const tensors: Record<string, StoredTensor> = {
    pixel_values: { dtype: "F32", data: pixelValues, shape },
  };
  if (uint8) {
    const bytes = processor.preprocessBytes(pictures, rest);
    tensors.pixels = { dtype: "U8", data: bytes.pixelValues, shape: bytes.shape };
  }
  return tensors;
}

/** By the config of a model of open_clip or timm, which says all but which way up a picture is. */
async function transformed(
  images: readonly string[],
  processor: ResizeAndCrop,
  { uint8, exif, ...options }: PreprocessOptions,
): Promise<Record<string, StoredTensor>> {
  const odd = (["size", "resample", "fast", "maxNumPatches"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (odd !== undefined)
    throw new InputError(
      `--${odd === "maxNumPatches" ? "max-num-patches" : odd}: a config of open_clip or timm ` +
        "says how its pictures are prepared; leave the option out",
    );
  const rgb = !(processor instanceof OpenClipImageProcessor);
  // Each is resized as soon as it is decoded: photographs are never in memory together.
  const made = await Promise.all(
    images.map(async (image, n) => {
      const picture = [await decodePicture(image, { exif, rgb })];
      try {
        const { pixelValues: data, shape } = processor.preprocess(picture);
        return { data, shape, bytes: uint8 ? processor.preprocessBytes(picture) : undefined };
      } catch (cause) {
        if (!(cause instanceof ImageError)) throw cause;
        throw new InputError(cause.message.replace(/^images\[0\]/, images[n]!), { cause });
      }
    }),
  );
  const [{ shape, bytes }] = made as [(typeof made)[number]];
  const floats = new Float32Array(made.length * made[0]!.data.length);
  made.forEach(({ data }, i) => floats.set(data, i * data.length));
  const levels = new Uint8Array(bytes ? floats.length : 0);
  made.forEach((one, i) => one.bytes && levels.set(one.bytes.pixelValues, i * one.data.length));
  return {
    pixel_values: { dtype: "F32", data: floats, shape: [made.length, ...shape.slice(1)] },
    ...(bytes && {
      pixels: { dtype: "U8", data: levels, shape: [made.length, ...bytes.shape.slice(1)] },
    }),
  };
}

async function patches(
  images: readonly string[],
  processor: Siglip2ImageProcessor,
  { size, resample, uint8, maxNumPatches, exif }: PreprocessOptions,
): Promise<Record<string, StoredTensor>> {
  const odd = size ? "--size" : uint8 ? "--uint8" : undefined;
  if (odd !== undefined)
    throw new InputError(
      `${odd}: a NaFlex image processor cuts pictures of any size into patches; use ` +
        "--max-num-patches",
    );
  // Each becomes patches as soon as it is decoded: photographs are never in memory together.
  const parts = await Promise.all(
    images.map(async (image, n) => {
      const picture = await decodePicture(image, { exif });
      try {
        return processor.preprocess([picture], {
          ...(resample && { resample }),
          ...(maxNumPatches !== undefined && { maxNumPatches }),
        });
      } catch (cause) {
        if (!(cause instanceof ImageError)) throw cause;
        const message = cause.message.replace(/^images\[0\]/, images[n]!);
        throw new InputError(message, { cause });
      }
    }),
  );
  const { pixelValues, pixelAttentionMask, spatialShapes } = stackInputs(parts);
  return {
    pixel_values: { dtype: "F32", ...pixelValues },
    pixel_attention_mask: { dtype: "I32", ...pixelAttentionMask },
    spatial_shapes: { dtype: "I32", ...spatialShapes },
  };
}

/** A config's; without one SigLIP's, or NaFlex's where a number of patches is asked for. */
function openProcessor({
  config,
  fast = false,
  maxNumPatches,
}: PreprocessOptions): AnyImageProcessor {
  if (config === undefined)
    return maxNumPatches === undefined
      ? new (fast ? SiglipImageProcessorFast : SiglipImageProcessor)()
      : new (fast ? Siglip2ImageProcessorFast : Siglip2ImageProcessor)();
  try {
    const settings = readConfig(config);
    if (isForeignConfig(settings))
      return "model_cfg" in settings
        ? OpenClipImageProcessor.fromConfig(settings)
        : TimmImageProcessor.fromConfig(settings);
    return imageProcessorFromConfig(settings, { fast });
  } catch (cause) {
    if (cause instanceof ImageError) throw new InputError(`${config}: ${cause.message}`, { cause });
    throw cause;
  }
}

function readConfig(file: string): Record<string, unknown> {
  const text = readInput(file).toString("utf8");
  try {
    return parsePythonJson(text) as Record<string, unknown>;
  } catch (cause) {
    throw new InputError(`${file}: expected readable JSON (${(cause as Error).message})`, {
      cause,
    });
  }
}
