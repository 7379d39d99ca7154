import { imageProcessorType } from "./image-processor-config.ts";
import { Siglip2ImageProcessor, Siglip2ImageProcessorFast } from "./siglip2-image-processor.ts";
import {
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  type ImageWarning,
} from "./siglip-image-processor.ts";

/** The class that a file's `image_processor_type` asks for, and how. */
export interface ImageProcessorChoice {
  /** torchvision's arithmetic instead of Pillow's. */
  readonly fast?: boolean;
  /** What a file that names no class is for: the model's own. SigLIP's by default. */
  readonly own?: "SiglipImageProcessor" | "Siglip2ImageProcessor";
  readonly onWarning?: (warning: ImageWarning) => void;
}

/**
 * The image processor of a `preprocessor_config.json`, or of the `image_processor` of a
 * `processor_config.json`: SigLIP's, or for NaFlex SigLIP 2's. Throws ImageError for another
 * class's settings, and with every value that cannot be.
 */
export function imageProcessorFromConfig(
  config: Readonly<Record<string, unknown>>,
  { fast = false, own = "SiglipImageProcessor", ...options }: ImageProcessorChoice = {},
): SiglipImageProcessor | Siglip2ImageProcessor {
  const type = imageProcessorType(config, own);
  // So that what the file leaves open is not asked for again.
  const settings = {
    ...((config.image_processor as object) ?? config),
    image_processor_type: type,
  };
  if (type === "Siglip2ImageProcessor")
    return (fast ? Siglip2ImageProcessorFast : Siglip2ImageProcessor).fromConfig(settings, options);
  return (fast ? SiglipImageProcessorFast : SiglipImageProcessor).fromConfig(settings, options);
}
