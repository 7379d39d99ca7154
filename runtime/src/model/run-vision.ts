/**
 * Runs the vision program of a plan on pictures of the compiled size, or of any size if the plan
 * was compiled for that.
 */
import type { PlannedProgram } from "@sigil/spec";
import { resampleGrid } from "../weights/resample-grid.ts";
import { compiled, inputOf } from "./compiled.ts";
import { InputError } from "./input-error.ts";
import { hidden } from "./patch-mask.ts";
import type { PixelValues, Tensor } from "./program.ts";
import type { InputTensor } from "./copy-inputs.ts";
import type { Session } from "./session.ts";

export interface SiglipVisionInputs<Pixels extends PixelValues = PixelValues> {
  /**
   * `pixel_values`: `[batch, channels, height, width]` float32, or `[batch, height, width,
   * channels]` bytes for a model compiled for uint8 pixels.
   */
  readonly pixelValues: Pixels;
  /**
   * `interpolate_pos_encoding`: resample the position table to the size of the pictures. Only a
   * model compiled with "run-time" interpolation can change this from run to run.
   */
  readonly interpolatePosEncoding?: boolean;
}

/** Throws InputError if the model takes normalised values and receives bytes, or the reverse. */
function checkKind(pixels: PixelValues, bytes: boolean): void {
  const given =
    pixels.data instanceof Float32Array
      ? "float32"
      : pixels.data instanceof Uint8Array || typeof pixels.data?.device === "string"
        ? "uint8"
        : "another type";
  if (given === (bytes ? "uint8" : "float32")) return;
  const expected = bytes
    ? "bytes, a Uint8Array of [batch, height, width, channels]: use the image processor's " +
      "preprocessBytes, or compile with pixels float32"
    : "normalised values, a Float32Array of [batch, channels, height, width]: use the image " +
      "processor's preprocess, or compile with pixels uint8";
  throw new InputError(
    `pixel_values: received ${given}, but the model was compiled for ${expected}`,
  );
}

type Shape = readonly [batch: number, channels: number, height: number, width: number];

/** Returns the outputs under transformers' names. */
export async function runVision(
  session: Session,
  { pixelValues, interpolatePosEncoding = false }: SiglipVisionInputs,
): Promise<Record<string, Tensor>> {
  const program = session.programOf("pixel_values", "patches");
  const shape = pixelValues?.shape;
  if (!Array.isArray(shape) || shape.length !== 4)
    throw new InputError(
      "pixel_values: expected four axes, received " +
        `${shape ? `[${shape.join(", ")}]` : String(pixelValues)}`,
    );
  const planned = program.inputs.find(({ name }) => name === "pixel_values");
  const bytes = planned?.dtype === "uint8";
  checkKind(pixelValues, bytes);
  if (!planned) return runAnySize(session, program, pixelValues as Tensor, interpolatePosEncoding);
  const axes = bytes ? [3, 1, 2] : [1, 2, 3];
  const [batch] = shape as unknown as Shape;
  const [channels, height, width] = axes.map((axis) => shape[axis] as number);
  const [expectedChannels, expectedHeight, expectedWidth] = axes.map(
    (axis) => planned.shape[axis] as number,
  );
  if (channels === expectedChannels && (height !== expectedHeight || width !== expectedWidth))
    throw new InputError(
      `pixel_values: expected ${expectedHeight}x${expectedWidth} pixels, received ` +
        `${height}x${width}; resize the pictures, or compile with interpolate_pos_encoding for ` +
        "this image_size",
    );
  return session.run(program, { pixel_values: pixelValues }, { image_batch: batch });
}

/** Pads and masks pictures that are smaller than the compiled size, and cuts their outputs back. */
async function runAnySize(
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
  // Before anything is waited for, since the pictures may change afterwards.
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
