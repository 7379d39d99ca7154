/** Decodes and resizes, beside the page: neither a large photograph nor a video holds it up. */
import {
  decodeImageBlob,
  ModelProcessor,
  SiglipImageProcessor,
  type RawImage,
} from "@sigil/runtime";
import type { Pixels } from "../model.ts";
import type { PrepareAnswer, PrepareRequest } from "./prepare.ts";

let context: OffscreenCanvasRenderingContext2D | null = null;

/** Pixels of a frame that is decoded already. */
function read(bitmap: ImageBitmap): RawImage {
  const { width, height } = bitmap;
  context ??= new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser draws nothing in a worker");
  if (context.canvas.width !== width || context.canvas.height !== height)
    Object.assign(context.canvas, { width, height });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return {
    data: context.getImageData(0, 0, width, height).data,
    width,
    height,
    channels: 4,
    mode: "RGBA",
  };
}

addEventListener(
  "message",
  async ({ data: { source, options, port } }: MessageEvent<PrepareRequest>) => {
    const answer = (message: PrepareAnswer, transfer: Transferable[] = []): void =>
      port.postMessage(message, transfer);
    try {
      const begin = performance.now();
      const picture = source instanceof Blob ? await decodeImageBlob(source) : read(source);
      const decoded = performance.now();
      const imageProcessor = new SiglipImageProcessor(options);
      const { pixelValues } = new ModelProcessor<{ readonly pixelValues: Pixels }>(
        {},
        { imageProcessor },
      ).images([picture]);
      answer({ pixelValues, decode: decoded - begin, resize: performance.now() - decoded }, [
        pixelValues.data.buffer,
      ]);
    } catch (error) {
      const { name, message } = error as Error;
      answer({ error: { name, message } });
    }
  },
);
