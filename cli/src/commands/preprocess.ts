import { readFileSync } from "node:fs";
import {
  InputError,
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  type Resample,
} from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import { parsePythonJson } from "@sigil/spec/shared";
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

/**
 * Pictures to `pixel_values` in a safetensors file, and with `uint8` the resized pixels, `[batch,
 * height, width, 3]`.
 */
export async function preprocess(
  images: string[],
  { out, config, size, resample, fast, uint8, exif }: PreprocessOptions,
): Promise<void> {
  const processor = (fast ? SiglipImageProcessorFast : SiglipImageProcessor).fromConfig(
    config === undefined ? {} : readConfig(config),
  );
  const changes = { ...(size && { size }), ...(resample && { resample }) };
  const pictures = await Promise.all(images.map((image) => decodeImage(image, { exif })));
  const { pixelValues, shape } = processor.preprocess(pictures, changes);
  const tensors: Record<string, StoredTensor> = {
    pixel_values: { dtype: "F32", data: pixelValues, shape },
  };
  if (uint8) {
    const resized = processor.resize(pictures, changes);
    const data = new Uint8Array(resized.reduce((sum, one) => sum + one.data.length, 0));
    resized.forEach((one, i) => data.set(one.data, i * one.data.length));
    tensors.pixels = {
      dtype: "U8",
      data,
      shape: [resized.length, resized[0]!.height, resized[0]!.width, resized[0]!.channels],
    };
  }
  await saveTensors(out, tensors);
  process.stderr.write(
    `${out}: ${Object.entries(tensors)
      .map(([name, tensor]) => `${name} [${tensor.shape.join(", ")}]`)
      .join(", ")}\n`,
  );
}

function readConfig(file: string): Record<string, unknown> {
  try {
    return parsePythonJson(readFileSync(file, "utf8")) as Record<string, unknown>;
  } catch (cause) {
    throw new InputError(`${file}: expected readable JSON (${(cause as Error).message})`, {
      cause,
    });
  }
}
