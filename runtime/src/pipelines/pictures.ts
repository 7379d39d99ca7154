import type { Siglip2VisionInputs } from "../model/naflex.ts";
import type { PixelValues } from "../model/program.ts";
import type { SiglipVisionInputs } from "../model/run-vision.ts";

/** Pictures of one run: `pixel_values` alone, or beside what else a model takes of pictures. */
export type Pictures = PixelValues | SiglipVisionInputs | Siglip2VisionInputs;

export const visionInputs = (pictures: Pictures): SiglipVisionInputs =>
  "pixelValues" in Object(pictures)
    ? (pictures as SiglipVisionInputs)
    : { pixelValues: pictures as PixelValues };
