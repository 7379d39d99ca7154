/**
 * Decodes picture files in Node. sharp, an optional peer dependency, decodes all but PNG and GIF.
 */
import { open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { constants, createInflate } from "node:zlib";
import { Budget } from "./budget.ts";
import { openGifAsStored, openPngAsStored } from "./as-stored.ts";
import { openGif } from "./decode-gif.ts";
import { decodePicture, type Decoders, type DecodeOptions } from "./decode-picture.ts";
import { openPng } from "./decode-png.ts";
import { openWithSharp } from "./decode-sharp.ts";
import type { Inflate } from "./inflate.ts";
import { pictureFormat, signatureLength } from "./picture-format.ts";
import { fileProblem } from "../../weights/file-problem.ts";
import { ImageError, type RawImage } from "../raw-image.ts";

export type { DecodeOptions };

const inflate: Inflate = (pieces, expected) =>
  Readable.from(pieces).pipe(
    createInflate({
      // What is cut off ends without an error: a picture may be complete all the same.
      finishFlush: constants.Z_SYNC_FLUSH,
      // A piece is lost when an error follows in it, so a small picture is one piece.
      chunkSize: Math.min(Math.max(expected, constants.Z_MIN_CHUNK), 1 << 18),
    }),
  );

const formats = ["PNG", "JPEG", "GIF", "WebP", "AVIF", "TIFF"] as const;
const decoders: Decoders = {
  formats,
  open: (format, bytes) =>
    format === "PNG"
      ? openPng(bytes, inflate)
      : format === "GIF"
        ? openGif(bytes)
        : openWithSharp(format, bytes),
};
const storedDecoders: Decoders = {
  formats,
  open: (format, bytes) =>
    format === "PNG"
      ? openPngAsStored(bytes, inflate)
      : format === "GIF"
        ? openGifAsStored(bytes)
        : openWithSharp(format, bytes, false),
};

/** Files that are in memory or open at once, however many are asked for. */
const files = new Budget(16);

/**
 * Decodes a file or its bytes to RGB, as Pillow's `exif_transpose` and `convert("RGB")` would:
 * without colour management, with the colours under transparent pixels, and the first of several
 * frames or pages. The first bytes tell the format: PNG, JPEG, GIF, WebP, AVIF or TIFF. Throws
 * ImageError for anything else, and for paths that are no regular file.
 */
export async function decodeImage(
  input: string | Uint8Array,
  options: DecodeOptions = {},
): Promise<RawImage> {
  const chosen = options.rgb === false ? storedDecoders : decoders;
  if (typeof input !== "string")
    return decodePicture(input, `${input.length} bytes`, options, chosen);
  return files.run(1, async () => decodePicture(await readPicture(input), input, options, chosen));
}

/** All of a file whose first bytes are a picture's. */
async function readPicture(path: string): Promise<Uint8Array> {
  const refuse = (expected: string, options?: ErrorOptions): never => {
    throw new ImageError(`${shown(path)}: expected ${expected}`, options);
  };
  if (/^data:/i.test(path))
    refuse("the path of a picture, received a data: URL; decode the bytes that it holds");
  let file: Awaited<ReturnType<typeof open>> | undefined;
  try {
    // A pipe would be waited for when it is opened, so this comes first.
    if (!(await stat(path)).isFile()) refuse("a picture, received a path that is not a file");
    file = await open(path);
    const head = new Uint8Array(signatureLength);
    const { bytesRead } = await file.read(head, 0, signatureLength, 0);
    try {
      pictureFormat(head.subarray(0, bytesRead), decoders.formats);
    } catch (cause) {
      throw new ImageError(`${path}: ${(cause as Error).message}`, { cause });
    }
    return await file.readFile();
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    return refuse(`a picture that can be read: ${fileProblem(cause)}`, { cause });
  } finally {
    await file?.close();
  }
}

/** A path as it stands; of a long one, which is rather a picture's text, the beginning. */
const shown = (path: string): string =>
  path.length <= 200 ? path : `${path.slice(0, 40)}... (${path.length} characters)`;
