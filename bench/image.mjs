/**
 * Resizing and preprocessing beside sharp's resize to the same size: node image.mjs; prints JSON.
 */
import { resize, SiglipImageProcessor } from "@sigil/runtime/internal";
import sharp from "sharp";
import { rounds } from "./rounds.mjs";

const allThreads = sharp.concurrency();
const result = {};
for (const [width, height, count] of [
  [640, 480, 31],
  [4000, 3000, 9],
]) {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => Math.imul(i + 1, 2654435761) >>> 24,
  );
  const processor = SiglipImageProcessor.fromConfig({});
  // Sigil's sides run on one thread; sharp's default is all of them.
  const peer = (threads) => () => {
    sharp.concurrency(threads);
    return sharp(data, { raw: { width, height, channels: 3 } })
      .resize(224, 224, { fit: "fill", kernel: "cubic" })
      .raw()
      .toBuffer();
  };
  result[`${width}x${height}`] = await rounds(
    {
      resize: () => resize(data, [height, width, 3], [224, 224], "bicubic"),
      preprocess: () => processor.preprocess([{ data, width, height, channels: 3 }]),
      sharp1: peer(1),
      sharpAll: peer(allThreads),
    },
    count,
  );
}
console.log(JSON.stringify(result));
