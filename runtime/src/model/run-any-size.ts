/** Runs the vision program of a plan that was compiled for pictures of any size. */
import type { PlannedProgram } from "@sigil/spec";
import { resampleGrid } from "../weights/resample-grid.ts";
import { compiled, inputOf } from "./compiled.ts";
import type { InputTensor } from "./copy-inputs.ts";
import { InputError } from "./input-error.ts";
import { hidden } from "./hidden.ts";
import type { Tensor } from "./program.ts";
import type { Session } from "./session.ts";

type Shape = readonly [batch: number, channels: number, height: number, width: number];

/** Pads and masks pictures that are smaller than the compiled size, and cuts their outputs back. */
export async function runAnySize(
  session: Session,
  program: PlannedProgram,
  pixels: Tensor,
  interpolate: boolean,
): Promise<Record<string, Tensor>> {
  const {
    image_size: side,
    patch_size: patch,
    num_channels: expectedChannels,
  } = session.plan.config.vision_config as {
    readonly image_size: number;
    readonly patch_size: number;
    readonly num_channels: number;
  };
  const [batch, channels, height, width] = pixels.shape as unknown as Shape;
  if (channels !== expectedChannels)
    throw new InputError(
      `pixel_values: expected ${expectedChannels} channels, received ${channels}`,
    );
  if (pixels.data.length !== batch * channels * height * width)
    throw new InputError(
      `pixel_values: expected ${batch * channels * height * width} values, received ` +
        `${pixels.data.length}`,
    );
  if ((height !== side || width !== side) && !interpolate)
    throw new InputError(
      `pixel_values: expected ${side}x${side} pixels, received ${height}x${width}; set ` +
        "interpolatePosEncoding to take other sizes",
    );
  const grid = [Math.floor(height / patch), Math.floor(width / patch)] as const;
  const count = grid[0] * grid[1];
  const positions = inputOf(session.plan, program, "positions");
  const [, most, hiddenSize] = positions.shape as readonly [unknown, number, number];
  if (count < 1)
    throw new InputError(
      `pixel_values: a picture of ${height}x${width} holds no patch of ${patch}x${patch}`,
    );
  if (count > most)
    throw new InputError(
      `pixel_values: ${height}x${width} pixels have ${count} patches, but the model was compiled ` +
        `for at most ${most}; compile with a larger image_size`,
    );
  const from = Math.floor(side / patch);
  const patches = Array.from({ length: batch }, (_, picture) =>
    patchesOf(pixels, picture, patch, grid),
  );
  const table = await session.tensor(compiled(session.plan, "positions", positions.table));
  const resampled =
    grid[0] === from && grid[1] === from
      ? table
      : resampleGrid(table, hiddenSize, [from, from], grid);
  const rows = (
    values: (picture: number) => Float32Array,
    columns: number,
    fill = 0,
  ): InputTensor => {
    const data = new Float32Array(batch * most * columns).fill(fill);
    for (let picture = 0; picture < batch; picture++)
      data.set(values(picture), picture * most * columns);
    return { data, shape: columns === 1 ? [batch, most] : [batch, most, columns] };
  };
  const inputs = {
    patches: rows((picture) => patches[picture]!, channels * patch * patch),
    positions: rows(() => resampled, hiddenSize),
    patch_mask: rows(() => new Float32Array(count), 1, hidden),
  };
  const outputs = await session.run(program, inputs, { image_batch: batch });
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, cut(name, tensor, count)]),
  );
}

/**
 * The patches of one picture, `[count, channels * patch * patch]`. Each patch is ordered (channel,
 * row, column).
 */
function patchesOf(
  { data, shape }: Tensor,
  picture: number,
  patch: number,
  [rows, columns]: readonly [number, number],
): Float32Array {
  const [, channels, height, width] = shape as unknown as Shape;
  const out = new Float32Array(rows * columns * channels * patch * patch);
  let at = 0;
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      for (let channel = 0; channel < channels; channel++)
        for (let line = 0; line < patch; line++) {
          const from =
            ((picture * channels + channel) * height + y * patch + line) * width + x * patch;
          out.set(data.subarray(from, from + patch), at);
          at += patch;
        }
  return out;
}

/** Which axes of an output count patches. */
const patchAxes = (name: string): readonly number[] =>
  name.startsWith("attentions.")
    ? [2, 3]
    : /^(last_hidden_state|hidden_states\..*)$/.test(name)
      ? [1]
      : [];

/** An output without its padding. */
function cut(name: string, tensor: Tensor, count: number): Tensor {
  return patchAxes(name).reduce((whole, axis): Tensor => {
    const size = whole.shape[axis]!;
    if (size === count) return whole;
    const inner = whole.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const outer = whole.data.length / (size * inner);
    const data = new Float32Array(outer * count * inner);
    for (let i = 0; i < outer; i++)
      data.set(
        whole.data.subarray(i * size * inner, (i * size + count) * inner),
        i * count * inner,
      );
    return { data, shape: whole.shape.map((extent, k) => (k === axis ? count : extent)) };
  }, tensor);
}
