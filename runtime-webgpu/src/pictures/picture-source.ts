/** What a picture on a GPU, or one that a GPU can copy, is like. */
import { InputError } from "@sigil/runtime";
import { textureUsage } from "../flags.ts";
import type { GPUTexture, GPUCopyExternalImageSource } from "../gpu.ts";

/**
 * A texture of the session's device, or what a browser copies to one without reading it: a video, a
 * frame of one, a canvas, a bitmap, an image. A texture's
 * red, green and blue, 0 to 1, are taken as they are stored; everything else comes as sRGB, without
 * its alpha.
 */
export type PictureSource = GPUTexture | GPUCopyExternalImageSource;

/** Formats whose red, green and blue are numbers from 0 to 1 as they are stored. */
const formats: readonly string[] = [
  "rgba8unorm",
  "bgra8unorm",
  "rgb10a2unorm",
  "rgba16float",
  "rgba32float",
];

export const isTexture = (source: PictureSource): source is GPUTexture => "createView" in source;

/**
 * Width and height in pixels. Throws an InputError for what has none yet, and for textures that
 * cannot be read as pictures; `name` is how it is called there.
 */
export function sizeOf(
  source: PictureSource,
  name: string,
): readonly [width: number, height: number] {
  if (source === null || typeof source !== "object")
    throw new InputError(
      `${name}: expected a texture, video, canvas or bitmap, received ${String(source)}`,
    );
  if (isTexture(source)) checkTexture(source, name);
  const sizes = source as {
    readonly [key in `${"video" | "display" | "natural"}${"Width" | "Height"}`]?: number;
  } & { readonly width: number; readonly height: number };
  const width = sizes.videoWidth ?? sizes.displayWidth ?? sizes.naturalWidth ?? sizes.width;
  const height = sizes.videoHeight ?? sizes.displayHeight ?? sizes.naturalHeight ?? sizes.height;
  if (!(width >= 1 && height >= 1))
    throw new InputError(
      `${name}: has ${width}x${height} pixels; wait until it is loaded, and keep a frame ` +
        "open until its run has ended",
    );
  return [width, height];
}

function checkTexture({ format, dimension, sampleCount, usage }: GPUTexture, name: string): void {
  if (!formats.includes(format))
    throw new InputError(
      `${name}: expected a texture of ${formats.join(", ")}, received ${format}`,
    );
  if (dimension !== "2d" || sampleCount !== 1)
    throw new InputError(
      `${name}: expected a plain 2d texture, received one of ${dimension} with ` +
        `${sampleCount} samples`,
    );
  if (!(usage & textureUsage.binding))
    throw new InputError(`${name}: the texture was made without GPUTextureUsage.TEXTURE_BINDING`);
}
