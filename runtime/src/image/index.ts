export * from "./raw-image.ts";
export * from "./resize-pillow.ts";
export * from "./siglip-image-processor.ts";
