import { Command, Option } from "commander";
import { positive, size } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { patchesHelp } from "../model-help.ts";
import { pictureHelp } from "../picture-help.ts";

export const preprocessCommand = new Command("preprocess")
  .description("compute the pixel_values of pictures and write them to a safetensors file")
  .argument("<image...>", pictureHelp)
  .requiredOption("--out <file>", "safetensors file to write")
  .option("--config <file>", "preprocessor_config.json to use")
  .option("--size <HxW>", "height and width to resize to, instead of the config's", size)
  .addOption(
    new Option("--resample <filter>", "resampling filter, instead of the config's").choices([
      "nearest",
      "lanczos",
      "bilinear",
      "bicubic",
      "box",
      "hamming",
    ]),
  )
  .option("--fast", "resize as torchvision does, instead of as Pillow does")
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--uint8", "also write the resized and cropped pixels, as `pixels`")
  .option("--no-exif", "ignore the EXIF orientation")
  .addHelpText(
    "after",
    "\nExample:\n  sigil preprocess cat.jpg --size 384x384 --out pixels.safetensors",
  )
  .action(lazy(async () => (await import("./preprocess.ts")).preprocess));
