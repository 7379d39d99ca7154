export * from "./convert-rgb.ts";
export * from "./decode-browser.ts";
export {
  imageProcessorConfig,
  type DataFormat,
  type ImageProcessorOptions,
} from "./image-processor-options.ts";
export { ImageError, type ImageArray, type PictureMode, type RawImage } from "./raw-image.ts";
export type { Resample } from "./resample-windows.ts";
export { resize } from "./resize.ts";
export { fixedWindows, type FixedWindows, type ResizeArithmetic } from "./fixed-windows.ts";
export * from "./siglip-image-processor.ts";
