/** What becomes of a picture's height and width, as the image processor's options say. */
import {
  checkOptions,
  cropOf,
  cropOffset,
  defaultOptions,
  downFirst,
  InputError,
  fixedWindows,
  targetSize,
  type FixedSize,
  type FixedWindows,
  type ImageProcessorOptions,
  type ResizeArithmetic,
} from "@sigil/runtime/internal";

/**
 * The image processor's, such as `SiglipImageProcessor.options`: those of resizing and cropping
 * count, and rescaling and normalising are the model's.
 */
export interface ResizeOptions extends Partial<ImageProcessorOptions> {
  /** Whose arithmetic, bit for bit. Default "pillow". */
  readonly arithmetic?: ResizeArithmetic;
}

/** The windows of both axes, of what is left after cropping. */
export interface PictureGeometry {
  readonly across: FixedWindows;
  readonly down: FixedWindows;
  /** Whether the pass down comes first. */
  readonly downFirst: boolean;
}

/**
 * Options complete and checked, for pictures that become `size`. Throws ImageError for what cannot
 * be.
 */
export function geometryOptions(
  size: FixedSize,
  { arithmetic = "pillow", ...given }: ResizeOptions,
): ImageProcessorOptions & Required<Pick<ResizeOptions, "arithmetic">> {
  const { height, width } = size;
  const options = checkOptions({ ...defaultOptions, size: { height, width }, ...given });
  return { ...options, arithmetic };
}

/**
 * The size that a picture is resized to, before it is cropped. Throws InputError where the model's
 * `size` is not what the options make of it; `name` is how it is called there.
 */
export function resizedSize(
  [width, height]: readonly [number, number],
  size: FixedSize,
  options: ImageProcessorOptions,
  name: string,
): readonly [height: number, width: number] {
  const { doResize, doPad } = options;
  const resized = doResize ? targetSize(options.size, height, width) : ([height, width] as const);
  const made = cropOf(options) ?? { height: resized[0], width: resized[1] };
  if (made.height !== size.height || made.width !== size.width)
    throw new InputError(
      `${name}: of ${width}x${height} pixels the options make ${made.width}x${made.height}, ` +
        `the model takes ${size.width}x${size.height}` +
        (doPad ? "; doPad surrounds normalised pixels with zeros, which bytes cannot express" : ""),
    );
  return resized;
}

/** Throws ImageError for a filter that the arithmetic lacks, and for sizes that are too large. */
export function pictureGeometry(
  [width, height]: readonly [number, number],
  [toHeight, toWidth]: readonly [number, number],
  size: FixedSize,
  { resample, arithmetic }: ReturnType<typeof geometryOptions>,
): PictureGeometry {
  const windows = (from: number, to: number, length: number): FixedWindows =>
    cropped(
      // A pass that changes no size hands on what it reads, by whichever filter.
      fixedWindows(from, to, from === to ? "nearest" : resample, arithmetic),
      to === length ? 0 : cropOffset(to, length, arithmetic),
      length,
    );
  return {
    across: windows(width, toWidth, size.width),
    down: windows(height, toHeight, size.height),
    downFirst: downFirst([height, width], toHeight, arithmetic),
  };
}

/** Those of `length` samples from `offset`; one outside has no weights and comes out as zero. */
function cropped(windows: FixedWindows, offset: number, length: number): FixedWindows {
  if (offset === 0 && length === windows.first.length) return windows;
  const result: FixedWindows = {
    ...windows,
    first: new Int32Array(length),
    count: new Int32Array(length),
    weights: new Int32Array(length * windows.size),
  };
  const begin = Math.max(0, offset);
  const end = Math.min(windows.first.length, offset + length);
  result.first.set(windows.first.subarray(begin, end), begin - offset);
  result.count.set(windows.count.subarray(begin, end), begin - offset);
  result.weights.set(
    windows.weights.subarray(begin * windows.size, end * windows.size),
    (begin - offset) * windows.size,
  );
  return result;
}
