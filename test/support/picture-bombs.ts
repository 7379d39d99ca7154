/** Small pictures whose headers claim another size than they hold. */
import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { pictureFile } from "./pictures.ts";

export interface Bomb {
  readonly name: string;
  readonly data: Uint8Array;
}

type Edit = (file: Buffer, width: number, height: number) => void;

/** Writes a size over the one that the header of each format has. */
const edits: Readonly<Record<string, Edit>> = {
  "png-rgb-8.png": (file, width, height) => {
    file.writeUInt32BE(width, 16);
    file.writeUInt32BE(height, 20);
    file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
  },
  "gif-palette.gif": (file, width, height) => {
    const frame = file.indexOf(",", 13 + 3 * 64) + 5;
    for (const at of [6, frame]) {
      file.writeUInt16LE(width, at);
      file.writeUInt16LE(height, at + 2);
    }
  },
  "webp-rgba-lossy.webp": (file, width, height) => {
    file.writeUIntLE(width - 1, 24, 3);
    file.writeUIntLE(height - 1, 27, 3);
  },
  "webp-rgb-lossless.webp": (file, width, height) => {
    const size = (width - 1) | ((height - 1) << 14);
    file.writeUInt32LE((size | (file.readUInt32LE(21) & 0xf0000000)) >>> 0, 21);
  },
  "webp-rgb-lossy.webp": (file, width, height) => {
    file.writeUInt16LE(width, 26);
    file.writeUInt16LE(height, 28);
  },
  "jpeg-rgb.jpg": (file, width, height) => {
    const frame = file.indexOf(Buffer.of(0xff, 0xc0));
    file.writeUInt16BE(height, frame + 5);
    file.writeUInt16BE(width, frame + 7);
  },
  "jpeg-rgb-progressive.jpg": (file, width, height) => {
    const frame = file.indexOf(Buffer.of(0xff, 0xc2));
    file.writeUInt16BE(height, frame + 5);
    file.writeUInt16BE(width, frame + 7);
  },
  "tiff-rgb-raw.tif": tiff,
  "tiff-rgb-lzw.tif": tiff,
  "tiff-kind-rgba-16.tif": tiff,
  "tiff-rgb-jpeg.tif": tiff,
  "avif-rgb-444.avif": (file, width, height) => {
    const extents = file.indexOf("ispe");
    file.writeUInt32BE(width, extents + 8);
    file.writeUInt32BE(height, extents + 12);
  },
};

/** The tags of width, height and rows of a strip, all as 32 bits. */
function tiff(file: Buffer, width: number, height: number): void {
  const directory = file.readUInt32LE(4);
  for (let n = 0; n < file.readUInt16LE(directory); n++) {
    const at = directory + 2 + 12 * n;
    const tag = file.readUInt16LE(at);
    if (![256, 257, 278].includes(tag)) continue;
    file.writeUInt16LE(4, at + 2);
    file.writeUInt32LE(tag === 256 ? width : height, at + 8);
  }
}

/** Within Pillow's limit of pixels, and beyond; WebP's own limit is 16383 a side. */
const squares: readonly Bomb[] = Object.entries(edits).flatMap(([file, edit]) =>
  (file.startsWith("webp-rgb-") ? [13_000, 16_000] : [13_000, 16_000, 60_000]).map((side) => {
    const data = Buffer.from(readFileSync(pictureFile(file)));
    edit(data, side, side);
    return { name: `${side}x${side}-${file}`, data };
  }),
);

/** Few rows, each of which a decoder makes room for several times. */
const wide: readonly Bomb[] = ["tiff-kind-rgba-16.tif", "tiff-rgb-lzw.tif", "png-rgb-8.png"].map(
  (file) => {
    const data = Buffer.from(readFileSync(pictureFile(file)));
    edits[file]!(data, 10_000_000, 13);
    return { name: `wide-${file}`, data };
  },
);

export const bombs: readonly Bomb[] = [...squares, ...wide];
