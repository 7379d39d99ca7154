/** How much memory a resize may take. */
import { ImageError } from "./raw-image.ts";

/** Of a target: 4096 x 4096, far over what any model takes; its pixel_values are 192 MiB. */
export const mostPixels = 2 ** 24;
/** Of what lies between the two passes: a picture of Pillow's largest size fits. */
const mostBytes = 2 ** 29;

export const tooLarge = (
  [height, width]: readonly number[],
  [toHeight, toWidth]: readonly number[],
  cause?: unknown,
): ImageError =>
  new ImageError(
    `${height}x${width} pixels to ${toHeight}x${toWidth} take too much memory: ask for a ` +
      `smaller size, of at most ${mostPixels} pixels`,
    { cause },
  );

/** Throws ImageError before the first pass has taken its time, for sizes that are too large. */
export function checkMemory(
  [height, width, channels]: readonly [number, number, number],
  [toHeight, toWidth]: readonly [number, number],
): void {
  const between = toWidth === width ? 0 : height * toWidth * channels;
  if (toHeight * toWidth > mostPixels || between > mostBytes)
    throw tooLarge([height, width], [toHeight, toWidth]);
}
