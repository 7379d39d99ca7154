import { SigilError, type PixelValues } from "@sigil/runtime";
import { decodePicture } from "./picture-arguments.ts";
import type { OpenModel } from "./session.ts";

/** A picture that was left out, and why. */
export interface Unreadable {
  readonly image: string;
  readonly problem: string;
}

/** Pictures of one size that a model runs at once. */
export interface PictureBatch {
  readonly images: readonly string[];
  /** Their places among all pictures. */
  readonly places: readonly number[];
  readonly pixelValues: PixelValues;
}

/** Normalised values, or bytes for a model that normalises them itself. */
interface Pixels {
  readonly data: Float32Array | Uint8Array;
  readonly shape: readonly number[];
}

/** Pictures that are read while another is used, on threads that sharp has. */
const ahead = 3;

/**
 * Pictures as a model takes them, up to `size` at once. Few decoded pictures are in memory at a
 * time, so that a folder of photographs never is. What cannot be decoded or preprocessed is told to
 * `onUnreadable`, and the others go on.
 */
export async function* readPictures(
  images: readonly string[],
  { session, processor: openProcessor }: Pick<OpenModel, "session" | "processor">,
  onUnreadable: (unreadable: Unreadable) => void,
  size = 8,
): AsyncGenerator<PictureBatch> {
  const processor = openProcessor();
  const bytes = session.plan.programs.some(({ inputs }) =>
    inputs.some(({ dtype }) => dtype === "uint8"),
  );
  let batch: { image: string; place: number; pixels: Pixels }[] = [];
  // Each is resized as soon as it is decoded: only what it becomes is kept.
  const read = async (image: string): Promise<Pixels> => {
    const picture = [await decodePicture(image)];
    const { pixelValues, shape } = bytes
      ? processor.preprocessBytes(picture)
      : processor.preprocess(picture);
    return { data: pixelValues, shape };
  };
  const reading: Promise<Pixels>[] = [];
  for (const [place, image] of images.entries()) {
    while (reading.length < images.length && reading.length <= place + ahead)
      reading.push(begun(read(images[reading.length]!)));
    const picture = reading[place]!;
    delete reading[place];
    let pixels: Pixels;
    try {
      pixels = await picture;
    } catch (error) {
      if (!(error instanceof SigilError)) throw error;
      onUnreadable({ image, problem: error.message });
      continue;
    }
    const another = batch.length > 0 && `${batch[0]!.pixels.shape}` !== `${pixels.shape}`;
    if (batch.length === size || another) {
      yield joined(batch);
      batch = [];
    }
    batch.push({ image, place, pixels });
  }
  if (batch.length > 0) yield joined(batch);
}

/** One that fails before it is awaited is not an unhandled rejection. */
function begun<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function joined(
  batch: readonly { readonly image: string; readonly place: number; readonly pixels: Pixels }[],
): PictureBatch {
  const each = batch[0]!.pixels.data.length;
  const length = each * batch.length;
  const data =
    batch[0]!.pixels.data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  batch.forEach(({ pixels }, i) => data.set(pixels.data, i * each));
  return {
    images: batch.map(({ image }) => image),
    places: batch.map(({ place }) => place),
    pixelValues: {
      data,
      shape: [batch.length, ...batch[0]!.pixels.shape.slice(1)],
    } as PixelValues,
  };
}

/** Lists on stderr what was left out of `count` pictures; the exit status is 1 then. */
export function reportUnreadable(unreadable: readonly Unreadable[], count: number): void {
  if (unreadable.length === 0) return;
  const lines = unreadable.map(({ image, problem }) =>
    problem.startsWith(image) ? `  ${problem}\n` : `  ${image}: ${problem}\n`,
  );
  process.stderr.write(
    `error: ${unreadable.length} of ${count} pictures were left out:\n${lines.join("")}`,
  );
  process.exitCode = 1;
}
