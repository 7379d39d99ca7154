/** Rows of the position table that Idefics and SmolVLM take for the patches of a picture. */
import type { InputTensor } from "./copy-inputs.ts";
import { hidden } from "./hidden.ts";
import { InputError } from "./input-error.ts";

/**
 * What the architecture `idefics-vision` takes beside `pixel_values`, of `patch_attention_mask`
 * `[batch, rows, columns]`: 1 for patches of a picture, which fill rows and columns from the first,
 * and 0 for those of padding. `side` is the rows of the position table in one direction,
 * `image_size / patch_size`. In float32, as transformers' modeling_idefics3.py. Throws InputError.
 */
export function nearestPositions(
  mask: { readonly data: ArrayLike<number>; readonly shape: readonly number[] },
  side: number,
): { readonly position_ids: InputTensor; readonly patch_mask: InputTensor } {
  const [batch = 0, rows = 0, columns = 0] = mask.shape;
  const each = rows * columns;
  if (mask.shape.length !== 3 || mask.data.length !== batch * each)
    throw new InputError(
      `patch_attention_mask: expected [batch, rows, columns], received [${mask.shape.join(", ")}]`,
    );
  const ids = new Int32Array(batch * each);
  const hiding = new Float32Array(batch * each).fill(hidden);
  for (let picture = 0; picture < batch; picture++) {
    const at = (row: number, column: number): number => picture * each + row * columns + column;
    const isPatch = (row: number, column: number): boolean => mask.data[at(row, column)] !== 0;
    const count = (most: number, shows: (i: number) => boolean): number =>
      Array.from({ length: most }, (_, i) => i).filter(shows).length;
    const down = bucketsOf(
      count(rows, (row) => isPatch(row, 0)),
      side,
    );
    const across = bucketsOf(
      count(columns, (column) => isPatch(0, column)),
      side,
    );
    if (down.length === 0 || across.length === 0)
      throw new InputError(
        `patch_attention_mask: picture ${picture} has no patch in its top left corner`,
      );
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        if (isPatch(row, column) !== (row < down.length && column < across.length))
          throw new InputError(
            `patch_attention_mask: the patches of picture ${picture} must form a ` +
              "rectangle from its top left corner",
          );
        if (!isPatch(row, column)) continue;
        ids[at(row, column)] = down[row]! * side + across[column]!;
        hiding[at(row, column)] = 0;
      }
  }
  const shape = [batch, each];
  return { position_ids: { data: ids, shape }, patch_mask: { data: hiding, shape } };
}

/** Into which of `side` equal parts each of `count` patches falls. */
function bucketsOf(count: number, side: number): number[] {
  const step = Math.fround(1 / count);
  const last = Math.fround(1 - 1e-6);
  const edges = Array.from({ length: side - 1 }, (_, i) => Math.fround(1 / side + i * (1 / side)));
  return Array.from({ length: count }, (_, i) => {
    const place = Math.min(Math.fround(i * step), last);
    return edges.filter((edge) => edge <= place).length;
  });
}
