/** The sizes that `size` of transformers can ask for, and how pictures are resized to them. */
import { ImageError } from "./raw-image.ts";

export interface FixedSize {
  readonly height: number;
  readonly width: number;
}

/**
 * A fixed height and width; or the length of the shorter side, keeping the aspect ratio, with the
 * longer side at most `longestEdge`; or the largest size that fits into `maxHeight` x `maxWidth`.
 */
export type ImageSize =
  | FixedSize
  | { readonly shortestEdge: number; readonly longestEdge?: number }
  | { readonly maxHeight: number; readonly maxWidth: number };

/** As Python rounds: halves to the even number. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

/**
 * The height and width to which a picture of `height` x `width` is resized, computed in the same
 * order as in transformers 5.18 (image_transforms.py and image_utils.py). Throws ImageError if no
 * pixel is left.
 */
export function targetSize(
  size: ImageSize,
  height: number,
  width: number,
): readonly [height: number, width: number] {
  const [toHeight, toWidth] = sidesOf(size, height, width);
  if (toHeight < 1 || toWidth < 1)
    throw new ImageError(
      `size: ${height}x${width} pixels shrink to ${toHeight}x${toWidth}: ask for a larger size`,
    );
  return [toHeight, toWidth];
}

function sidesOf(size: ImageSize, height: number, width: number): readonly [number, number] {
  if ("height" in size) return [size.height, size.width];
  if ("maxHeight" in size) {
    const scale = Math.min(size.maxHeight / height, size.maxWidth / width);
    return [Math.trunc(height * scale), Math.trunc(width * scale)];
  }
  const { shortestEdge, longestEdge } = size;
  const [shorter, longer] = [Math.min(height, width), Math.max(height, width)];
  if (longestEdge === undefined) {
    const other = Math.trunc((shortestEdge * longer) / shorter);
    return width <= height ? [other, shortestEdge] : [shortestEdge, other];
  }
  const limited = (longer / shorter) * shortestEdge > longestEdge;
  const exact = limited ? (longestEdge * shorter) / longer : shortestEdge;
  const edge = limited ? roundHalfEven(exact) : shortestEdge;
  if (shorter === edge) return [height, width];
  return width < height
    ? [Math.trunc((exact * height) / width), edge]
    : [edge, Math.trunc((exact * width) / height)];
}
