/** Runs in a thread of its own: decoding and resizing a photograph takes tens of milliseconds. */
import { SigilError, SiglipImageProcessor } from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import type { PictureTask, PreparedPicture } from "./picture-task.ts";

export default async function prepare({
  file,
  options,
  bytes,
  limitPixels,
}: PictureTask): Promise<PreparedPicture> {
  try {
    const processor = new SiglipImageProcessor(options);
    const pictures = [await decodeImage(file, { limitPixels })];
    const { pixelValues, shape } = bytes
      ? processor.preprocessBytes(pictures)
      : processor.preprocess(pictures);
    return { pixelValues, shape };
  } catch (error) {
    if (!(error instanceof SigilError)) throw error;
    // An error's class does not survive the way between threads.
    return { problem: error.message };
  }
}
