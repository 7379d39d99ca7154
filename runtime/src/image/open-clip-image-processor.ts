import { ResizeAndCrop } from "./resize-and-crop.ts";
import { channelNumbers, oneOf, settingsIn, sideOf, type Settings } from "./transform-settings.ts";

/**
 * The image processor of open_clip (`image_transform` of open_clip 3.3). It resizes a picture in
 * its own mode and converts it to RGB afterwards, so alpha weighs the colours, and a palette
 * picture is resized by nearest entries. Give it pictures that were decoded with `rgb: false`.
 */
export class OpenClipImageProcessor extends ResizeAndCrop {
  /** Reads an `open_clip_config.json`. Throws ImageError for missing and unknown settings. */
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
