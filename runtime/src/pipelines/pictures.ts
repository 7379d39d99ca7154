import type { Siglip2VisionInputs } from "../model/naflex.ts";
import type { PixelValues } from "../model/program.ts";
import type { SiglipVisionInputs } from "../model/run-vision.ts";

/**
 * The pictures of one run: `pixel_values` alone, or together with the other picture inputs of a
 * model.
 */
export type Pictures = PixelValues | SiglipVisionInputs | Siglip2VisionInputs;

export const visionInputs = (pictures: Pictures): SiglipVisionInputs =>
  "pixelValues" in Object(pictures)
    ? (pictures as SiglipVisionInputs)
    : { pixelValues: pictures as PixelValues };
