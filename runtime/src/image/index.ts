export { convertRgb } from "./convert-rgb.ts";
export * from "./decode/decode-browser.ts";
export { cropOffset } from "./center-crop.ts";
export { imageProcessorConfig, imageProcessorType } from "./image-processor-config.ts";
export {
  checkOptions,
  cropOf,
  defaultOptions,
  outputSize,
  type DataFormat,
  type ImageProcessorOptions,
} from "./image-processor-options.ts";
export { targetSize, type FixedSize, type ImageSize } from "./image-size.ts";
export { ImageError, type ImageArray, type PictureMode, type RawImage } from "./raw-image.ts";
export type { Resample, ResizeArithmetic } from "./resample-windows.ts";
export { downFirst, resize } from "./resize.ts";
export { fixedWindows, type FixedWindows } from "./fixed-windows.ts";
export { fitPatches } from "./fit-patches.ts";
export * from "./image-processor-from-config.ts";
export { OpenClipImageProcessor } from "./open-clip-image-processor.ts";
export { ResizeAndCrop, type ResizeAndCropOptions } from "./resize-and-crop.ts";
export * from "./siglip-image-processor.ts";
export * from "./siglip2-image-processor.ts";
export { TimmImageProcessor } from "./timm-image-processor.ts";
