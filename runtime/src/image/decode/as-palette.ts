import type { RawImage } from "../raw-image.ts";

/** An RGB picture of at most 256 colours as indices into a palette of them. */
export function asPalette({ data, width, height }: RawImage): RawImage {
  const indices = new Map<number, number>();
  const entries = new Uint8Array(width * height);
  const palette = new Uint8Array(768);
  for (let i = 0; i < entries.length; i++) {
    const colour = (data[3 * i]! << 16) | (data[3 * i + 1]! << 8) | data[3 * i + 2]!;
    let index = indices.get(colour);
    if (index === undefined) {
      index = indices.size;
      indices.set(colour, index);
      palette.set(data.subarray(3 * i, 3 * i + 3), 3 * index);
    }
    entries[i] = index;
  }
  return { data: entries, width, height, channels: 1, mode: "P", palette };
}
