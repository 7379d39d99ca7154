/**
 * The pictures of test/fixtures/pictures: formats, modes, profiles and orientations, each with what
 * Pillow makes of it.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { fixtures } from "./golden-cases.ts";

interface Answer {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** Of the RGB pixels. */
  readonly sha256: string;
  /** Where they begin in lossy.bin, for pictures that decoders may round differently. */
  readonly offset?: number;
  readonly refused?: undefined;
}
/** Pillow's error. */
interface Refusal {
  readonly file: string;
  readonly refused: string;
}
export type PictureCase = Answer | Refusal;

const folder = join(fixtures, "pictures");
export const pictureFile = (file: string): string => join(folder, "source", file);
export const pictureCases = JSON.parse(
  readFileSync(join(folder, "pictures.json"), "utf8"),
) as readonly PictureCase[];
const lossy = readFileSync(join(folder, "lossy.bin"));

export interface Decoded {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Every pixel is Pillow's, or at most `levels` off where the picture is lossy. */
export function expectPillows(decoded: Decoded, answer: Answer, levels = 0): void {
  const { file, width, height, sha256, offset } = answer;
  expect([decoded.width, decoded.height], file).toEqual([width, height]);
  if (offset === undefined || levels === 0) {
    expect(createHash("sha256").update(decoded.data).digest("hex"), file).toBe(sha256);
    return;
  }
  const wanted = lossy.subarray(offset, offset + width * height * 3);
  expect(decoded.data.length, file).toBe(wanted.length);
  const off = decoded.data.reduce((most, x, i) => Math.max(most, Math.abs(x - wanted[i]!)), 0);
  if (process.env.SIGIL_LEVELS && off > 0) console.log(`${file}: ${off}`);
  expect(off, `${file}, levels off`).toBeLessThanOrEqual(levels);
}
