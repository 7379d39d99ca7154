import {
  ImageError,
  InputError,
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  type ImageArray,
  type RawImage,
  type Resample,
} from "@sigil/runtime";
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
  readonly exif: boolean;
}

type Pixels = ReturnType<SiglipImageProcessor["resize"]>[number];

/**
 * Pictures to `pixel_values` in a safetensors file, and with `uint8` the resized and cropped pixels,
 * `[batch, height, width, 3]`.
 */
export async function preprocess(
  given: string[],
  { out, config, size, resample, fast, uint8, exif }: PreprocessOptions,
): Promise<void> {
  const processor = openProcessor(config, fast);
  const changes = { ...(size && { size }), ...(resample && { resample }) };
  const { doResize } = processor.options;
  const images = await pictureArguments(given);
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
  await saveTensors(out, tensors);
  process.stderr.write(
    `${out}: ${Object.entries(tensors)
      .map(([name, tensor]) => `${name} [${tensor.shape.join(", ")}]`)
      .join(", ")}\n`,
  );
}

function openProcessor(config: string | undefined, fast = false): SiglipImageProcessor {
  const Processor = fast ? SiglipImageProcessorFast : SiglipImageProcessor;
  if (config === undefined) return new Processor();
  try {
    return Processor.fromConfig(readConfig(config));
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
