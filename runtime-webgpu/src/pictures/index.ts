/**
 * Pictures from textures, videos and canvases into a model on WebGPU. Apart from the rest, so that
 * a page that has none downloads none of it.
 */
export { PictureUploader } from "./picture-uploader.ts";
export type { PictureSource } from "./picture-source.ts";
export type { ResizeOptions } from "./picture-geometry.ts";
