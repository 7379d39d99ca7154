/**
 * The height and width to which NaFlex resizes a picture: both multiples of the patch, as large as
 * `most` patches allow. Each side is rounded up by itself, so aspect ratios change. Small pictures
 * are enlarged, at most a hundred times.
 *
 * A binary search in doubles, operation by operation as transformers'
 * get_image_size_for_max_num_patches, so that both stop at the same size.
 */
export function fitPatches(
  height: number,
  width: number,
  patch: number,
  most: number,
): readonly [height: number, width: number] {
  const side = (size: number, scale: number): number =>
    Math.max(patch, Math.ceil((size * scale) / patch) * patch);
  let [least, largest] = [1e-5 / 10, 100];
  while (largest - least >= 1e-5) {
    const scale = (least + largest) / 2;
    const patches = (side(height, scale) / patch) * (side(width, scale) / patch);
    if (patches <= most) least = scale;
    else largest = scale;
  }
  return [side(height, least), side(width, least)];
}
