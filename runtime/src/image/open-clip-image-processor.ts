import { ResizeAndCrop } from "./resize-and-crop.ts";
import { channelNumbers, oneOf, settingsIn, sideOf, type Settings } from "./transform-settings.ts";

/**
 * open_clip's pictures (`image_transform` of open_clip 3.3): resized as they are and made RGB then,
 * so that colours count by their alpha, and a palette is resized by its nearest entries. Give it
 * pictures that were decoded with `rgb: false`.
 */
export class OpenClipImageProcessor extends ResizeAndCrop {
  /** From an `open_clip_config.json`. Throws ImageError for what it does not say or know. */
  static fromConfig(config: Settings): OpenClipImageProcessor {
    const given = settingsIn(config, "preprocess_cfg");
    const vision = settingsIn(settingsIn(config, "model_cfg"), "vision_cfg");
    const size = sideOf("image_size", given.size ?? vision.image_size);
    const filter = oneOf(given, "interpolation", ["bicubic", "bilinear", "random"], "bicubic");
    return new OpenClipImageProcessor({
      size,
      squash: oneOf(given, "resize_mode", ["squash", "shortest"], "shortest") === "squash",
      resample: filter === "bilinear" ? filter : "bicubic",
      rgbFirst: false,
      mean: channelNumbers(given, "mean"),
      std: channelNumbers(given, "std"),
    });
  }
}
