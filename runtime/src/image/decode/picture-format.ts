/** What a picture file is, by its first bytes alone: a name or a media type may lie. */
import { ImageError } from "../raw-image.ts";

export type PictureFormat = "PNG" | "JPEG" | "GIF" | "WebP" | "AVIF" | "TIFF";

/** So many of a file's first bytes tell its format. */
export const signatureLength = 64;

/** Where `|` stands a byte may have any value. Brands of AVIF follow "ftyp" in any order. */
const signatures: readonly (readonly [string, PictureFormat | (string & {})])[] = [
  ["\x89PNG\r\n\x1a\n", "PNG"],
  ["\xff\xd8\xff", "JPEG"],
  ["GIF87a", "GIF"],
  ["GIF89a", "GIF"],
  ["RIFF||||WEBPVP8", "WebP"],
  ["||||ftypavi", "AVIF"],
  ["II*\0", "TIFF"],
  ["MM\0*", "TIFF"],
  ["II+\0", "TIFF"],
  ["MM\0+", "TIFF"],
  // Files that are often taken for pictures, to be told by name.
  ["||||ftyp", "HEIF or a video"],
  ["BM", "BMP"],
  ["%PDF", "PDF"],
  ["\xff\x0a", "JPEG XL"],
  ["\0\0\0\x0cJXL ", "JPEG XL"],
  ["\0\0\0\x0cjP  ", "JPEG 2000"],
  ["version https://git-lfs", "a Git LFS pointer: fetch the file with git lfs pull"],
];

/**
 * The format of a file that begins with `head`. Throws ImageError for one that is not among
 * `allowed`, whatever a decoder could do with it: an SVG, say, may name other files.
 */
export function pictureFormat(head: Uint8Array, allowed: readonly PictureFormat[]): PictureFormat {
  const text = String.fromCharCode(...head.subarray(0, signatureLength));
  const [, found] = signatures.find(([signature]) => startsWith(text, signature)) ?? [];
  const format = found === "HEIF or a video" && isAvif(text) ? "AVIF" : found;
  if (allowed.includes(format as PictureFormat)) return format as PictureFormat;
  const received =
    head.length === 0
      ? "an empty file"
      : (format ?? (/<(svg|\?xml|!doctype|html)/i.test(text) ? "SVG, XML or HTML" : undefined));
  throw new ImageError(
    `expected a picture in ${allowed.slice(0, -1).join(", ")} or ${allowed.at(-1)}, received ` +
      `${received ?? "another kind of file"}`,
  );
}

const startsWith = (text: string, signature: string): boolean =>
  [...signature].every((letter, i) => letter === "|" || letter === text[i]);

/** A still picture of a container brand says in its list of brands that it is AVIF. */
const isAvif = (text: string): boolean =>
  /^....ftypm[is]f1/s.test(text) && /avi[fs]/.test(text.slice(16));

/** Throws ImageError for a size that no picture has, or more pixels than `limitPixels`. */
export function checkSize(width: number, height: number, limitPixels: number): void {
  if (!(width > 0 && height > 0))
    throw new ImageError(`expected at least one pixel, received ${width}x${height}`);
  if (width * height > limitPixels)
    throw new ImageError(
      `expected at most ${limitPixels} pixels, received ${width}x${height}; limitPixels raises it`,
    );
}
