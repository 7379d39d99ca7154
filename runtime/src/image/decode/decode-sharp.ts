/** JPEG, WebP, AVIF and TIFF through sharp (libvips), held to what Pillow makes of them. */
import type { Metadata, Sharp } from "sharp";
import { asPalette } from "./as-palette.ts";
import { asStill } from "./avif-file.ts";
import { convertRgb } from "../convert-rgb.ts";
import { checkTiff } from "./check-tiff.ts";
import type { OpenPicture } from "./decode-picture.ts";
import { readJpegHeader } from "./jpeg-segments.ts";
import type { PictureMetadata } from "./orientation.ts";
import type { PictureFormat } from "./picture-format.ts";
import { ImageError, type RawImage } from "../raw-image.ts";
import { readTiffTags } from "./tiff-tags.ts";
import { readWebpHeader } from "./webp-chunks.ts";

/** What libvips calls the formats. */
const loaders: Readonly<Record<string, string>> = {
  JPEG: "jpeg",
  WebP: "webp",
  AVIF: "heif",
  TIFF: "tiff",
};

const photometricTag = 262;
/** The value of that tag for pictures of few colours. */
const palette = 3;

/** What the header says; throws ImageError where it cannot be right. */
function readMetadata(format: PictureFormat, bytes: Uint8Array): PictureMetadata {
  if (format === "JPEG") return readJpegHeader(bytes);
  if (format === "WebP") return readWebpHeader(bytes);
  // Decoders of AVIF turn it themselves, by its own properties.
  if (format === "AVIF") return {};
  checkTiff(bytes);
  return { exif: bytes };
}

/**
 * To RGB, or as the file has it; a TIFF that Pillow would resize in another form is refused then.
 */
export async function openWithSharp(
  format: PictureFormat,
  bytes: Uint8Array,
  rgb = true,
): Promise<OpenPicture> {
  const metadata = readMetadata(format, bytes);
  const sharp = await loadSharp(format);
  // Limits are ours, and told before. An embedded profile is not applied: Pillow does not either.
  const picture = sharp(format === "AVIF" ? asStill(bytes) : bytes, {
    limitInputPixels: false,
    failOn: "error",
    ignoreIcc: true,
  });
  const found = await picture.metadata();
  if (found.format !== loaders[format])
    throw new ImageError(`expected ${format}, as the file begins, but sharp read ${found.format}`);
  const { width, height } = found;
  if (format === "TIFF" && !rgb) checkAsStored(found, bytes[0] === 0x4d);
  const few =
    format === "TIFF" &&
    !rgb &&
    (found.bitsPerSample === 1 || readTiffTags(bytes).get(photometricTag)?.value === palette);
  const decoded = (): Promise<RawImage> => decode(picture, found, rgb);
  return {
    width,
    height,
    decode: few ? async () => asPalette(await decoded()) : decoded,
    metadata: () => metadata,
  };
}

/** Throws ImageError for a TIFF that Pillow resizes in a form of its own. */
function checkAsStored({ hasAlpha, depth, channels }: Metadata, isBigEndian: boolean): void {
  const grey16 = depth === "ushort" && channels === 1;
  // Pillow swaps the bytes of its levels when it resizes it.
  if (!hasAlpha && (depth === "uchar" || (grey16 && !isBigEndian))) return;
  const received = hasAlpha ? "alpha" : grey16 ? "a big-endian one" : depth;
  throw new ImageError(
    "expected a TIFF of 8 bits, or a little-endian one of 16-bit grey, without alpha, received " +
      `${received}; save it as PNG`,
  );
}

async function loadSharp(format: PictureFormat): Promise<typeof import("sharp").default> {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    const missing = ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"].includes(
      (cause as NodeJS.ErrnoException).code ?? "",
    );
    throw new ImageError(
      `reading ${format} takes sharp, which ` +
        `${missing ? "is not installed" : `cannot be loaded (${(cause as Error).message})`}: ` +
        "npm install sharp",
      { cause },
    );
  }
}

async function decode(
  picture: Sharp,
  { space, depth, hasAlpha }: Metadata,
  rgb: boolean,
): Promise<RawImage> {
  if (space === "cmyk") {
    const inks = await read(picture.pipelineColourspace("cmyk").toColourspace("cmyk"), "uchar");
    const image = { ...inks, channels: 4, mode: "CMYK" } as const;
    return rgb ? convertRgb(image) : image;
  }
  if (depth === "ushort" && space === "grey16" && !hasAlpha) {
    const { data, ...size } = await read(picture.toColourspace("grey16"), "ushort");
    const levels = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
    const image = { ...size, data: levels, channels: 1, mode: "I;16" } as const;
    return rgb ? convertRgb(image) : image;
  }
  if (hasAlpha && !rgb) {
    const coloured = await read(picture.toColourspace("srgb"), "uchar");
    if (coloured.channels === 4) return { ...coloured, channels: 4, mode: "RGBA" };
  }
  const { channels, ...image } = await read(picture.removeAlpha().toColourspace("srgb"), "uchar");
  if (channels !== 3)
    throw new ImageError(`expected three channels after decoding, received ${channels}`);
  return { ...image, channels, mode: "RGB" };
}

async function read(
  picture: Sharp,
  depth: "uchar" | "ushort",
): Promise<{ data: Uint8Array; width: number; height: number; channels: number }> {
  const { data, info } = await picture.raw({ depth }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return {
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
    width,
    height,
    channels,
  };
}
