import { Command, Option } from "commander";
import { positive, size } from "../arguments.ts";
import { lazy } from "../lazy.ts";
import { patchesHelp } from "../model-help.ts";
import { pictureHelp } from "../picture-help.ts";

export const preprocessCommand = new Command("preprocess")
  .description("writes the pixel_values of pictures to a safetensors file")
  .argument("<image...>", pictureHelp)
  .requiredOption("--out <file>", "safetensors file to write")
  .option("--config <file>", "preprocessor_config.json")
  .option("--size <HxW>", "height and width, instead of the config's", size)
  .addOption(
    new Option("--resample <filter>", "filter, instead of the config's").choices([
      "nearest",
      "lanczos",
      "bilinear",
      "bicubic",
      "box",
      "hamming",
    ]),
  )
  .option("--fast", "torchvision's arithmetic instead of Pillow's")
  .option("--max-num-patches <count>", patchesHelp, positive)
  .option("--uint8", "also write the resized and cropped pixels, as `pixels`")
  .option("--no-exif", "do not apply the EXIF orientation")
  .addHelpText(
    "after",
    "\nExample:\n  sigil preprocess cat.jpg --size 384x384 --out pixels.safetensors",
  )
  .action(lazy(async () => (await import("./preprocess.ts")).preprocess));
