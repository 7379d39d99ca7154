/** Runs in a thread of its own: decoding and resizing a photograph takes tens of milliseconds. */
import {
  ModelProcessor,
  OpenClipImageProcessor,
  SigilError,
  type AnyImageProcessor,
} from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import { processorOf, type PictureTask, type PreparedPicture } from "./picture-task.ts";

export default async function prepare({
  file,
  processor: settings,
  pixels,
  limitPixels,
}: PictureTask): Promise<PreparedPicture> {
  try {
    const imageProcessor: AnyImageProcessor = processorOf(settings);
    const rgb = !(imageProcessor instanceof OpenClipImageProcessor);
    const picture = await decodeImage(file, { limitPixels, rgb });
    return new ModelProcessor({ pixels }, { imageProcessor }).images([picture]);
  } catch (error) {
    if (!(error instanceof SigilError)) throw error;
    // An error's class does not survive the way between threads.
    return { problem: error.message };
  }
}
