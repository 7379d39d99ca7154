/** Pictures with alpha through WebCodecs. */
import { mediaType, toRgb } from "./draw-in-browser.ts";
import type { PictureFormat } from "./picture-format.ts";
import type { RawImage } from "../raw-image.ts";

/** Where WebCodecs' formats have red and blue. */
const layouts: Readonly<Record<string, readonly [red: number, blue: number]>> = {
  RGBA: [0, 2],
  RGBX: [0, 2],
  BGRA: [2, 0],
  BGRX: [2, 0],
};

/**
 * As the file has the pixels, by WebCodecs. Undefined where there is none, and for frames that it
 * hands out in another form than bytes of RGBA or to be turned.
 */
export async function decodeFrame(
  bytes: Uint8Array,
  format: PictureFormat,
): Promise<RawImage | undefined> {
  const type = mediaType(format);
  if (typeof ImageDecoder === "undefined" || !(await ImageDecoder.isTypeSupported(type)))
    return undefined;
  const decoder = new ImageDecoder({
    data: bytes as Uint8Array<ArrayBuffer>,
    type,
    colorSpaceConversion: "none",
    preferAnimation: false,
  });
  try {
    const { image } = await decoder.decode();
    try {
      const { format, visibleRect } = image;
      const layout = layouts[format ?? ""];
      const turned = image as VideoFrame & { readonly rotation?: number; readonly flip?: boolean };
      if (!layout || !visibleRect || turned.rotation || turned.flip) return undefined;
      const data = new Uint8Array(image.allocationSize());
      const [plane] = await image.copyTo(data);
      if (!plane) return undefined;
      const { width, height } = visibleRect;
      return toRgb(data.subarray(plane.offset), plane.stride, width, height, ...layout);
    } finally {
      image.close();
    }
  } finally {
    decoder.close();
  }
}
