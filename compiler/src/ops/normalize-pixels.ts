import { fixed, type Shape } from "../ir/extent.ts";
import { axes, defineOp, dense, ShapeError, type Attributes } from "./op.ts";

/** A value for each channel. A single given value is used for all. */
export function perChannel(
  values: Attributes[string] | undefined,
  channels: number,
): readonly number[] {
  const given = Array.isArray(values) ? (values as readonly number[]) : [Number(values)];
  if (given.length !== 1 && given.length !== channels)
    throw new ShapeError(`${given.length} values for ${channels} channels`);
  return Array.from({ length: channels }, (_, c) => given[given.length === 1 ? 0 : c]!);
}

const pictures = ["batch", "height", "width", "channels"] as const;

const isNormalFloat32 = (value: number): boolean => value > 2 ** -126 && value < 2 ** 127;

/**
 * What an image processor does to resized pictures: bytes `[batch, height, width, channels]` to (x
 * * rescale - mean) / std, `[batch, channels, height, width]`.
 */
export const normalizePixels = defineOp({
  summary:
    "Normalises bytes of pictures: x of `[batch, height, width, channels]` to (x * rescale - " +
    "mean) / std of `[batch, channels, height, width]`. Only `patches` reads the result.",
  reads: "uint8",
  attributes: {
    rescale: { type: "number", above: 0, description: "The number that bytes are multiplied by." },
    mean: {
      type: "numbers",
      description: "The mean that is subtracted: one for all channels, or one for each.",
    },
    std: {
      type: "numbers",
      above: 0,
      description: "The deviation that is divided by: one for all channels, or one for each.",
    },
  },
  inputs: 1,
  weights: [],
  infer([x], _, { rescale, mean, std }): Shape {
    const [batch, height, width, channels] = axes(x, pictures);
    const count = fixed(channels, "channels");
    const [means, deviations] = [perChannel(mean, count), perChannel(std, count)];
    // What the patch embedding folds them into.
    const folded = deviations.flatMap((deviation, c) => [
      Number(rescale) / deviation,
      deviations[0]! / deviation,
      means[c]! === 0 ? 1 : Math.abs(means[c]!) / deviations[0]!,
    ]);
    if (folded.some((value) => !isNormalFloat32(value)))
      throw new ShapeError("rescale, mean and std give a value that float32 cannot hold");
    return [batch, channels, height, width];
  },
  evaluate([x], _, { rescale, mean, std }) {
    const [batch, height, width, channels] = axes(x.shape, pictures);
    const [means, deviations] = [perChannel(mean, channels), perChannel(std, channels)];
    const y = dense([batch, channels, height, width]);
    x.data.forEach((byte, i) => {
      const [pixel, c] = [Math.floor(i / channels), i % channels];
      const [picture, inside] = [Math.floor(pixel / (height * width)), pixel % (height * width)];
      y.data[(picture * channels + c) * height * width + inside] =
        (byte * Number(rescale) - means[c]!) / deviations[c]!;
    });
    return y;
  },
});
