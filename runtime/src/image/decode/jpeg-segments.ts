/** The segments of a JPEG file in front of its pixels (ITU-T T.81, annex B). */
import type { PictureMetadata } from "./orientation.ts";
import { ImageError } from "../raw-image.ts";

export interface JpegHeader extends PictureMetadata {
  readonly width: number;
  readonly height: number;
}

interface Segment {
  readonly marker: number;
  /** Where the marker's second byte stands. */
  readonly at: number;
  /** Where the next one stands. */
  readonly end: number;
  readonly body: Uint8Array;
}

const app1 = 0xe1;
const app2 = 0xe2;
const app15 = 0xef;
const startOfScan = 0xda;
const endOfImage = 0xd9;

function* segments(bytes: Uint8Array): Generator<Segment> {
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff || bytes[at + 1] === 0xff || bytes[at + 1] === 0) {
      at++; // filling, or what a decoder passes over
      continue;
    }
    const marker = bytes[at + 1]!;
    if (marker === startOfScan || marker === endOfImage) return;
    if (marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2; // markers without a body
      continue;
    }
    const end = at + 2 + (bytes[at + 2]! << 8) + bytes[at + 3]!;
    const next = Math.max(end, at + 4);
    yield { marker, at: at + 1, end: next, body: bytes.subarray(at + 4, end) };
    at = next;
  }
}

const text = (bytes: Uint8Array, length: number): string =>
  String.fromCharCode(...bytes.subarray(0, length));
const xmpName = "http://ns.adobe.com/xap/1.0/\0";

/** DHT, DAC, SOS, DQT, DNL, DRI, application segments, comments: all have a length. */
const isSegmentOfScans = (marker: number): boolean =>
  [0xc4, 0xcc, 0xfe].includes(marker) ||
  (marker >= startOfScan && marker <= 0xdd) ||
  (marker >= 0xe0 && marker <= 0xef);
/** Stuffing, filling, TEM and restarts, which are bytes of a scan. */
const isInScan = (marker: number): boolean =>
  [0, 1, 0xff].includes(marker) || (marker >= 0xd0 && marker <= 0xd7);

/**
 * Throws ImageError for a marker among the pixels that cannot be there: libjpeg refuses it when
 * it is asked to read the file to its end, as Pillow asks it; others take grey for what is missing.
 */
function checkScans(bytes: Uint8Array): void {
  let at = 2;
  for (const { end } of segments(bytes)) at = end;
  for (at = bytes.indexOf(0xff, at); at >= 0 && at + 3 < bytes.length; ) {
    const marker = bytes[at + 1]!;
    if (marker === endOfImage) return;
    if (isSegmentOfScans(marker)) at += 2 + (bytes[at + 2]! << 8) + bytes[at + 3]!;
    else if (isInScan(marker)) at += marker === 0xff ? 1 : 2;
    else
      throw new ImageError(
        `expected a whole JPEG, received one that is broken (marker ${marker.toString(16)} ` +
          "among its pixels)",
      );
    at = bytes.indexOf(0xff, at);
  }
}

/** Throws ImageError for a file that states no size, or is broken as far as its markers tell. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  let frame: Uint8Array | undefined;
  let [exif, xmp]: (Uint8Array | undefined)[] = [];
  for (const { marker, body } of segments(bytes)) {
    // A frame is C0 to CF, but for the tables C4, C8 and CC.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) frame ??= body;
    else if (marker === app1 && text(body, 6) === "Exif\0\0") exif ??= body;
    else if (marker === app1 && text(body, xmpName.length) === xmpName) xmp = body;
  }
  if (!frame || frame.length < 6)
    throw new ImageError("expected a JPEG that states its size, received one that is cut off");
  const view = new DataView(frame.buffer, frame.byteOffset);
  const [width, height] = [view.getUint16(3), view.getUint16(1)];
  // At least a bit for each block of 8 x 8: decoders fill what is missing with grey, however much.
  if (bytes.length * 8 * 64 < width * height)
    throw new ImageError(
      `expected a whole JPEG, received ${bytes.length} bytes for ${width}x${height} pixels`,
    );
  checkScans(bytes);
  return { width, height, exif, xmp };
}

/**
 * Renames the segments with orientation and profile, in place, so that no decoder turns or
 * converts: Chromium turns JPEGs even when asked not to.
 */
export function hideJpegMetadata(bytes: Uint8Array): void {
  for (const { marker, at } of segments(bytes))
    if (marker === app1 || marker === app2) bytes[at] = app15;
}
