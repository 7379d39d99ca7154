/** Which TIFF files libtiff and Pillow make the same of. */
import { ImageError } from "../raw-image.ts";
import { readTiffTags } from "./tiff-tags.ts";

const tagOf = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  samples: 277,
  colourMap: 320,
  extraSamples: 338,
  format: 339,
} as const;
const palette = 3;
const inks = 5;
const ycbcr = 6;
const jpegs = [6, 7];
const associatedAlpha = 1;

/**
 * The most that each compression makes of a byte: LZW has codes of 12 bits for 4096 bytes, the
 * others make less, and those of faxes anything.
 */
const mostUnpacked = (compression: number): number =>
  compression === 1 ? 1 : [2, 3, 4].includes(compression) ? Infinity : 2731;

/**
 * Throws ImageError for the others: Pillow does not invert grey of 16 bits, say, and takes signed
 * levels for unsigned ones.
 */
export function checkTiff(bytes: Uint8Array): void {
  const tags = readTiffTags(bytes);
  const first = (name: keyof typeof tagOf, otherwise = 1): number =>
    tags.get(tagOf[name])?.value ?? otherwise;
  const [bits, format, samples] = [first("bits"), first("format"), first("samples")];
  const photometric = first("photometric", 1);
  if (photometric === palette) checkPalette(tags.get(tagOf.colourMap)?.data, bytes[0] === 0x49);
  const [width, height] = [first("width"), first("height")];
  // libvips would make room for it before it looks.
  if ((width * height * samples * bits) / 8 > bytes.length * mostUnpacked(first("compression")))
    throw new ImageError(
      `expected a whole TIFF, received ${bytes.length} bytes for ${width}x${height} pixels`,
    );
  const grey = photometric === 1 && samples === 1;
  const known =
    bits === 32
      ? grey
      : format === 1 &&
        (bits <= 8
          ? [0, 1, 2, palette, inks].includes(photometric) ||
            (photometric === ycbcr && jpegs.includes(first("compression")))
          : bits === 16 &&
            (grey || (photometric === 2 && first("extraSamples", 0) !== associatedAlpha)));
  if (!known)
    throw new ImageError(
      "expected a TIFF of at most 8 bits, of 16-bit grey or RGB, or of 32-bit grey, received " +
        `${samples} samples of ${bits} bits (format ${format}, photometric ${photometric}); ` +
        "save it as PNG",
    );
}

function checkPalette(colours: Uint8Array | undefined, little: boolean): void {
  // libtiff takes indices for grey then.
  if (!colours)
    throw new ImageError("expected a whole TIFF, received one whose palette is cut off");
  const high = colours.filter((_, i) => (i & 1) === (little ? 1 : 0));
  if (colours.some((value) => value > 0) && high.every((value) => value === 0))
    throw new ImageError(
      "expected a TIFF whose palette has 16 bits, received one of 8, which libtiff reads as " +
        "colours and Pillow as black; save it as PNG",
    );
}
