/** Pictures of every kind, decoded in Node, against Pillow. */
import { ImageError } from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import { describe, expect, it } from "vitest";
import { expectPillows, pictureCases, pictureFile, type Decoded } from "../../support/pictures.ts";

/**
 * Decoders of AVIF differ in how they round YUV to RGB, and in what they make of colours that are
 * stored for four pixels at once: 55 levels here. Everything else is equal bit for bit.
 */
const levels = (file: string): number =>
  file === "avif-rgb-420.avif" ? 64 : file.endsWith(".avif") ? 1 : 0;

describe("decodeImage on every kind of picture", () => {
  for (const answer of pictureCases)
    it(answer.file, async () => {
      const decoded = decodeImage(pictureFile(answer.file));
      if (answer.refused !== undefined) await expect(decoded).rejects.toThrow(ImageError);
      else expectPillows((await decoded) as Decoded, answer, levels(answer.file));
    });
});
