/** Pictures of every kind, decoded in Node, against Pillow. */
import { ImageError } from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import { describe, expect, it } from "vitest";
import { expectPillows, pictureCases, pictureFile, type Decoded } from "../../support/pictures.ts";

/**
 * Decoders of AVIF differ in how they round YUV to RGB, and in what they make of colours that are
 * stored for four pixels at once: 55 levels here. libvips and Pillow round colours that are
 * divided by their alpha otherwise. Everything else is equal bit for bit.
 */
const levels = (file: string): number =>
  file === "avif-rgb-420.avif" ? 64 : /\.avif$|-associated/.test(file) ? 1 : 0;

/** What libtiff and Pillow do not make the same of, or libvips cannot read, is refused by name. */
const unsupported = new Set(
  [
    "rgba-16-associated",
    "grey-16-white",
    "grey-16-signed",
    "grey-8-signed",
    "grey-12",
    "cmyk-16",
    "lab",
    "palette-of-8-bits",
  ].map((kind) => `tiff-kind-${kind}.tif`),
);

describe("decodeImage gives Pillow's pixels or an ImageError, for every kind of picture", () => {
  for (const answer of pictureCases)
    it(answer.file, async () => {
      const decoded = decodeImage(pictureFile(answer.file));
      if (answer.refused !== undefined || unsupported.has(answer.file))
        await expect(decoded).rejects.toThrow(ImageError);
      else expectPillows((await decoded) as Decoded, answer, levels(answer.file));
    });
});
