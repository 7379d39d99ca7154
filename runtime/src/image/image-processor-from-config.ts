import { imageProcessorType } from "./image-processor-config.ts";
import { Siglip2ImageProcessor, Siglip2ImageProcessorFast } from "./siglip2-image-processor.ts";
import {
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  type ImageWarning,
} from "./siglip-image-processor.ts";

/** Options for choosing the class of an image processor. */
export interface ImageProcessorChoice {
  /** Use the arithmetic of torchvision instead of Pillow's. */
  readonly fast?: boolean;
  /** The class for a file that names none. Default "SiglipImageProcessor". */
  readonly own?: "SiglipImageProcessor" | "Siglip2ImageProcessor";
  readonly onWarning?: (warning: ImageWarning) => void;
}

/**
 * Makes the image processor for a `preprocessor_config.json`, or for the `image_processor` of a
 * `processor_config.json`: SigLIP's, or SigLIP 2's for NaFlex. Throws ImageError for the settings
 * of another class, and for invalid values, which it lists.
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
