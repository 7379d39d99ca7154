/** The chunks of a PNG file, held to what Pillow holds them to. */
import { crc32 } from "./crc32.ts";
import type { Inflate } from "./inflate.ts";
import type { PictureMetadata } from "./orientation.ts";
import type { PngHeader } from "./png-rows.ts";
import { ImageError } from "../raw-image.ts";

export interface PngFile {
  readonly header: PngHeader;
  readonly palette?: Uint8Array | undefined;
  /** Compressed pixels, as the file has them in pieces. */
  readonly pixels: readonly Uint8Array[];
  readonly metadata: PngMetadata;
}

/** What may say the orientation, the last of each kind. */
export interface PngMetadata {
  exif?: Uint8Array;
  /** International text, from its flag of compression on. */
  xmp?: Uint8Array;
  /** What ImageMagick writes in place of `exif`: hexadecimal text, compressed. */
  rawProfile?: Uint8Array;
}

/**
 * Throws ImageError for a file that is cut off or broken in front of its pixels. As with Pillow,
 * checksums of pixels and of what follows them do not count.
 */
export function readPng(bytes: Uint8Array): PngFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: PngHeader | undefined;
  let palette: Uint8Array | undefined;
  const pixels: Uint8Array[] = [];
  const metadata: PngMetadata = {};
  let last = "";
  for (let at = 8; at + 8 <= bytes.length; ) {
    const [length, name] = [view.getUint32(at), latin1(bytes.subarray(at + 4, at + 8))];
    const end = at + 8 + length;
    const data = bytes.subarray(at + 8, end);
    // Behind the pixels come orientation and text, up to the second frame.
    if (name === "IEND" || (pixels.length > 0 && !/^(?!fcTL)\w{4}$/.test(name))) break;
    if (name === "IDAT") {
      // Pixels that go on after another chunk are not read.
      if (pixels.length === 0 || last === "IDAT") pixels.push(data);
    } else if (end > bytes.length) throw cutOff();
    else if (
      pixels.length === 0 &&
      !(end + 4 <= bytes.length && crc32(bytes.subarray(at + 4, end)) === view.getUint32(end))
    )
      throw new ImageError(`expected a PNG with right checksums, received a broken ${name} chunk`);
    if (name === "IHDR") header = readHeader(data);
    else if (name === "PLTE") palette = data;
    else readMetadata(name, data, metadata);
    last = name;
    at = end + 4;
  }
  if (!header || pixels.length === 0) throw cutOff();
  return { header, palette, pixels, metadata };
}

export const cutOff = (): ImageError =>
  new ImageError("expected a whole PNG, received one that is cut off");

const latin1 = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

function readHeader(data: Uint8Array): PngHeader {
  if (data.length < 13) throw cutOff();
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const filtering = data[11];
  if (filtering !== 0)
    throw new ImageError(`expected a PNG of filter method 0, received ${filtering}`);
  return {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth: data[8]!,
    colour: data[9]!,
    interlaced: data[12] !== 0,
  };
}

function readMetadata(name: string, data: Uint8Array, metadata: PngMetadata): void {
  if (name === "eXIf") metadata.exif = data;
  if (name !== "iTXt" && name !== "zTXt") return;
  const end = data.indexOf(0);
  const keyword = latin1(data.subarray(0, Math.max(0, end)));
  if (name === "iTXt" && keyword === "XML:com.adobe.xmp") metadata.xmp = data.subarray(end + 1);
  if (name === "zTXt" && keyword === "Raw profile type exif")
    metadata.rawProfile = data.subarray(end + 2);
}

/** Pillow's bound on compressed text. */
const textLimit = 1 << 20;

/** As bytes; text that is broken or too long says nothing. */
export async function readPngMetadata(
  { exif, xmp, rawProfile }: PngMetadata,
  inflate: Inflate,
): Promise<PictureMetadata> {
  const unpack = async (data: Uint8Array): Promise<Uint8Array | undefined> => {
    const text: number[] = [];
    try {
      for await (const piece of inflate([data], textLimit)) {
        if (text.length + piece.length > textLimit) return undefined;
        for (const byte of piece) text.push(byte);
      }
    } catch {
      return undefined;
    }
    return Uint8Array.from(text);
  };
  const unpackXmp = async (data: Uint8Array): Promise<Uint8Array | undefined> => {
    // A flag, the method, a language and a translated keyword, both ending in a zero.
    const text = data.subarray(data.indexOf(0, data.indexOf(0, 2) + 1) + 1);
    return data[0] === 0 ? text : data[1] === 0 ? unpack(text) : undefined;
  };
  const profile = exif === undefined && rawProfile ? await unpack(rawProfile) : undefined;
  return {
    exif: exif ?? (profile && fromHex(latin1(profile).split("\n").slice(3).join(""))),
    xmp: xmp && (await unpackXmp(xmp)),
  };
}

const fromHex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (pair) => parseInt(pair, 16));
