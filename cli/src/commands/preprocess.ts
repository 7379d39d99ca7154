import {
  ImageError,
  imageProcessorFromConfig,
  InputError,
  Siglip2ImageProcessor,
  Siglip2ImageProcessorFast,
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  type ImageArray,
  type RawImage,
  type Resample,
} from "@sigil/runtime";
import { parsePythonJson } from "@sigil/spec/shared";
import { readInput } from "../files.ts";
import { decodePicture, pictureArguments } from "../picture-arguments.ts";
import { stackInputs } from "../tensors/stack-inputs.ts";
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
 * Pictures to what a model takes of them, in a safetensors file: `pixel_values`, and with `uint8` the
 * resized and cropped pixels, `[batch, height, width, 3]`; for NaFlex also `pixel_attention_mask` and
 * `spatial_shapes`.
 */
export async function preprocess(given: string[], options: PreprocessOptions): Promise<void> {
  const { out } = options;
  const processor = openProcessor(options);
  const images = await pictureArguments(given);
  const tensors =
    processor instanceof Siglip2ImageProcessor
      ? await patches(images, processor, options)
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
      "--max-num-patches: the config's image processor makes pictures of one size; take --size",
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

async function patches(
  images: readonly string[],
  processor: Siglip2ImageProcessor,
  { size, resample, uint8, maxNumPatches, exif }: PreprocessOptions,
): Promise<Record<string, StoredTensor>> {
  const odd = size ? "--size" : uint8 ? "--uint8" : undefined;
  if (odd !== undefined)
    throw new InputError(
      `${odd}: a NaFlex image processor cuts pictures of any size into patches; take --max-num-patches`,
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
}: PreprocessOptions): SiglipImageProcessor | Siglip2ImageProcessor {
  if (config === undefined)
    return maxNumPatches === undefined
      ? new (fast ? SiglipImageProcessorFast : SiglipImageProcessor)()
      : new (fast ? Siglip2ImageProcessorFast : Siglip2ImageProcessor)();
  try {
    return imageProcessorFromConfig(readConfig(config), { fast });
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
