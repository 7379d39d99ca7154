/** Turns any picture or array into numbers `[height, width, channels]`. */
import { convertRgb } from "./convert-rgb.ts";
import { ImageError, modeOf, type ImageArray, type RawImage } from "./raw-image.ts";
import type { DataFormat, ImageProcessorOptions } from "./image-processor-options.ts";

export interface Pixels {
  readonly data: Uint8Array | Float32Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Converts a picture to RGB if the options say so. Otherwise RGB and grey pictures stay as they
 * are, and other modes are refused. An array must have one or three channels. Throws ImageError.
 */
export function pixelsOf(
  image: RawImage | ImageArray,
  {
    doConvertRgb,
    inputDataFormat,
  }: Pick<ImageProcessorOptions, "doConvertRgb" | "inputDataFormat">,
): Pixels {
  if (!image || typeof image !== "object" || !ArrayBuffer.isView(image.data))
    throw new ImageError(
      "expected a decoded picture or an array, received " +
        `${image === null ? "null" : typeof image}; decode files with decodeImage`,
    );
  if ("shape" in image) return arrayPixels(image, inputDataFormat);
  const mode = modeOf(image);
  if (doConvertRgb || mode === "RGB") return convertRgb(image);
  if (mode !== "L")
    throw new ImageError(
      `expected an RGB or grey picture, received mode ${mode}; set doConvertRgb`,
    );
  const { data, height, width } = image;
  return { data: bytesOf(data as Uint8Array | Uint8ClampedArray), height, width, channels: 1 };
}

const isSide = (value: number): boolean => Number.isInteger(value) && value > 0;

const bytesOf = (data: Uint8Array | Uint8ClampedArray): Uint8Array =>
  data instanceof Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.length);

function arrayPixels({ data, shape }: ImageArray, given: DataFormat | undefined): Pixels {
  if (
    !(
      data instanceof Uint8Array ||
      data instanceof Uint8ClampedArray ||
      data instanceof Float32Array
    )
  )
    throw new ImageError("expected 8-bit or float32 values in an array");
  if (!Array.isArray(shape) || shape.length !== 3)
    throw new ImageError(
      "expected an array of three axes, received " +
        `[${Array.isArray(shape) ? shape.join(", ") : String(shape)}]`,
    );
  const holds = (axis: number): boolean => shape[axis] === 1 || shape[axis] === 3;
  const format = given ?? (holds(0) ? "channels_first" : holds(2) ? "channels_last" : undefined);
  const channels = shape[format === "channels_first" ? 0 : 2];
  if (format === undefined || (channels !== 1 && channels !== 3))
    throw new ImageError(
      `expected one or three channels, received an array of [${shape.join(", ")}]`,
    );
  const [height, width] = (format === "channels_first" ? shape.slice(1) : shape.slice(0, 2)) as [
    number,
    number,
  ];
  if (!(isSide(height) && isSide(width)) || data.length !== height * width * channels)
    throw new ImageError(`expected ${shape.join(" x ")} values, received ${data.length}`);
  if (format === "channels_last")
    return {
      data: data instanceof Float32Array ? data : bytesOf(data),
      height,
      width,
      channels,
    };
  const area = height * width;
  const last =
    data instanceof Float32Array ? new Float32Array(data.length) : new Uint8Array(data.length);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < area; i++) last[i * channels + c] = data[c * area + i]!;
  return { data: last, height, width, channels };
}
