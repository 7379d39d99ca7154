/**
 * Runs a NaFlex vision program on the patches of pictures of any aspect ratio. Each picture has the
 * positions of its own grid, and padding is masked.
 */
import type { PlannedProgram } from "@sigil/spec";
import { RecentRows } from "../recent-rows.ts";
import { resampleBilinear } from "../weights/resample-bilinear.ts";
import { compiled, inputOf } from "./compiled.ts";
import { InputError } from "./input-error.ts";
import { hidden } from "./hidden.ts";
import type { IntTensor, Tensor } from "./program.ts";
import type { Session } from "./session.ts";

/** The pictures as Siglip2ImageProcessor prepares them. Each may have its own grid of patches. */
export interface Siglip2VisionInputs<Pixels extends Tensor = Tensor> {
  /**
   * `pixel_values`: `[batch, max_num_patches, patch * patch * channels]`. Patches follow each other
   * row by row, each ordered (row, column, channel), with zeros after the last.
   */
  readonly pixelValues: Pixels;
  /** `pixel_attention_mask`: `[batch, max_num_patches]`, 1 for a patch and 0 for padding. */
  readonly pixelAttentionMask: IntTensor;
  /** `spatial_shapes`: `[batch, 2]`, how many rows and columns of patches each picture has. */
  readonly spatialShapes: IntTensor;
}

/** Pictures as the vision program takes them. */
export interface NaflexInputs {
  readonly program: PlannedProgram;
  readonly batch: number;
  readonly given: {
    readonly patches: Tensor;
    readonly positions: Tensor;
    /** `[batch, max_num_patches]`: 0 for a patch; for padding what its scores are lowered by. */
    readonly patch_mask: Tensor;
  };
}

/** Positions that are kept: of some 80 grids of 256 patches of 768 features. */
const keptBytes = 64 << 20;

export class NaflexTower {
  readonly #session: Session;
  readonly #resampled = new RecentRows<Float32Array>(keptBytes);

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Returns the outputs under transformers' names, including the rows of padding. Throws InputError
   * for inputs of wrong shapes, for grids without patches or with too many, and for a mask that
   * does not match the grids.
   */
  async run(inputs: Siglip2VisionInputs): Promise<Record<string, Tensor>> {
    const { program, given, batch } = await this.prepare(inputs);
    return this.#session.run(program, given, { image_batch: batch });
  }

  /** What the vision program takes of pictures. Throws as {@link run} does. */
  async prepare(inputs: Siglip2VisionInputs): Promise<NaflexInputs> {
    const session = this.#session;
    const program = session.programOf("patches");
    const positions = inputOf(session.plan, program, "positions");
    const [, most, width] = inputOf(session.plan, program, "patches").shape as readonly [
      unknown,
      number,
      number,
    ];
    const [, , channels] = positions.shape as readonly [unknown, unknown, number];
    const batch = inputs.pixelValues?.shape?.[0] ?? 0;
    expectShape("pixel_values", inputs.pixelValues, [batch, most, width], most);
    expectShape("pixel_attention_mask", inputs.pixelAttentionMask, [batch, most], most);
    expectShape("spatial_shapes", inputs.spatialShapes, [batch, 2], most);
    const { data: shapes } = inputs.spatialShapes;
    const grids = Array.from({ length: batch }, (_, b) => {
      const [rows, columns] = [shapes[2 * b]!, shapes[2 * b + 1]!] as const;
      const whole = Number.isInteger(rows) && Number.isInteger(columns);
      if (!(whole && rows >= 1 && columns >= 1 && rows * columns <= most))
        throw new InputError(
          `spatial_shapes[${b}]: expected at least one patch and at most ${most}, received ` +
            `${rows}x${columns}`,
        );
      return [rows, columns] as const;
    });
    // Before anything is waited for, since all of them may change afterwards.
    const patches = new Float32Array(inputs.pixelValues.data);
    const mask = maskOf(inputs.pixelAttentionMask.data, grids, most);
    const table = await session.tensor(compiled(session.plan, "positions", positions.table));
    const side = Math.sqrt(table.length / channels);
    const rows = new Float32Array(batch * most * channels);
    grids.forEach((grid, b) => {
      const key = grid.join("x");
      const own = this.#resampled.get(key) ?? resampleBilinear(table, channels, [side, side], grid);
      this.#resampled.set(key, own);
      rows.set(own, b * most * channels);
      // transformers gives padding the first patch's position.
      for (let row = own.length / channels; row < most; row++)
        rows.set(own.subarray(0, channels), (b * most + row) * channels);
    });
    return {
      program,
      batch,
      given: {
        patches: { data: patches, shape: [batch, most, width] },
        positions: { data: rows, shape: [batch, most, channels] },
        patch_mask: { data: mask, shape: [batch, most] },
      },
    };
  }
}

/** The values that are added to the attention scores of each patch. */
function maskOf(
  given: ArrayLike<number>,
  grids: readonly (readonly [number, number])[],
  most: number,
): Float32Array {
  const mask = new Float32Array(grids.length * most).fill(hidden);
  grids.forEach(([rows, columns], b) => {
    let seen = 0;
    for (let i = 0; i < most; i++) {
      const value = given[b * most + i]!;
      if (value !== 0 && value !== 1)
        throw new InputError(
          `pixel_attention_mask[${b}][${i}]: expected 0 or 1, received ${value}`,
        );
      if (value === 0) continue;
      if (i >= rows * columns)
        throw new InputError(
          `pixel_attention_mask[${b}]: marks patch ${i}, but spatial_shapes has ` +
            `${rows}x${columns} of them`,
        );
      seen++;
      mask[b * most + i] = 0;
    }
    if (seen === 0)
      throw new InputError(`pixel_attention_mask[${b}]: expected a patch, received none`);
  });
  return mask;
}

function expectShape(
  name: string,
  tensor: { readonly data: ArrayLike<number>; readonly shape: readonly number[] } | undefined,
  shape: readonly number[],
  most: number,
): void {
  const received = tensor?.shape;
  const matches = Array.isArray(received) && received.join() === shape.join() && shape[0]! > 0;
  if (!(tensor && matches))
    throw new InputError(
      `${name}: expected [${["batch", ...shape.slice(1)].join(", ")}], received ` +
        `${Array.isArray(received) ? `[${received.join(", ")}]` : String(tensor)}; the model ` +
        `was compiled for max_num_patches ${most}, and Siglip2ImageProcessor makes all three ` +
        "inputs",
    );
  const count = shape.reduce((a, b) => a * b, 1);
  if (tensor.data?.length !== count)
    throw new InputError(`${name}: expected ${count} values, received ${tensor.data?.length}`);
}
