import { shown } from "@sigil/spec/shared";
import { ImageError } from "./raw-image.ts";
import { ResizeAndCrop } from "./resize-and-crop.ts";
import { channelNumbers, oneOf, settingsIn, sideOf, type Settings } from "./transform-settings.ts";

/**
 * The image processor of timm (`create_transform` of timm 1.0 for inference). It converts a picture
 * to RGB, resizes it to 1 / `crop_pct` of the model's size, and cuts out the middle.
 */
export class TimmImageProcessor extends ResizeAndCrop {
  /**
   * Reads a timm `config.json`. The size is `ofModel`, or by default the one in the config. Throws
   * ImageError for missing and unknown settings.
   */
  static fromConfig(config: Settings, ofModel?: number): TimmImageProcessor {
    const given = settingsIn(config, "pretrained_cfg");
    const trained = (given.input_size as readonly unknown[] | undefined)?.[1];
    const size = sideOf(
      "img_size",
      ofModel ?? settingsIn(config, "model_args").img_size ?? trained,
    );
    const filter = oneOf(given, "interpolation", ["bicubic", "bilinear"], "bilinear");
    const share = given.crop_pct ?? 0.875;
    if (!(typeof share === "number" && share > 0 && share <= 1))
      throw new ImageError(`crop_pct: expected a number up to 1, received ${shown(share)}`);
    return new TimmImageProcessor({
      size,
      resizeTo: Math.floor(size / share),
      squash: oneOf(given, "crop_mode", ["center", "squash"], "center") === "squash",
      resample: filter,
      rgbFirst: true,
      mean: channelNumbers(given, "mean"),
      std: channelNumbers(given, "std"),
    });
  }
}
