/** Runs the vision program of a plan on pictures. */
import { InputError } from "./input-error.ts";
import type { DeviceBytes, PixelValues, Tensor } from "./program.ts";
import type { Session } from "./session.ts";
import { isArrayOf } from "./validate.ts";

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
  const given = isArrayOf("float32", pixels.data)
    ? "float32"
    : isArrayOf("uint8", pixels.data) ||
        typeof (pixels.data as Partial<DeviceBytes>)?.device === "string"
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
  if (!planned) {
    // Now, since the caller may change it while the module loads, which most pages never need.
    const pixels = { data: new Float32Array(pixelValues.data as Float32Array), shape: [...shape] };
    const { runAnySize } = await import("./run-any-size.ts");
    return runAnySize(session, program, pixels, interpolatePosEncoding);
  }
  const axes = bytes ? [3, 1, 2] : [1, 2, 3];
  const batch: number = shape[0];
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
