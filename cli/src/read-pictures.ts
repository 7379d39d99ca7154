import {
  ModelProcessor,
  OpenClipImageProcessor,
  SigilError,
  stackInputs,
  type Siglip2VisionInputs,
  type SiglipVisionInputs,
} from "@sigil/runtime/internal";
import { decodeImage } from "@sigil/runtime/node";
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
  /** What the model takes of them. */
  readonly inputs: SiglipVisionInputs;
}

/** The name of a picture (see `pictureArguments`), or its file and what errors call it. */
export type PictureInput = string | { readonly name: string; readonly file: Uint8Array };

/**
 * Normalised values, or bytes for a model that normalises them itself; of a NaFlex model also what
 * says which of its patches they are.
 */
type Inputs = Pick<SiglipVisionInputs, "pixelValues"> | Siglip2VisionInputs;

/** Pictures that are read while another is used, on threads that sharp has. */
const ahead = 3;

/**
 * Decodes and preprocesses pictures into batches of up to `size`. Only a few decoded pictures are
 * in memory at a time. A picture that cannot be decoded or preprocessed is reported to
 * `onUnreadable` and left out.
 */
export async function* readPictures(
  images: readonly PictureInput[],
  { session, processor: openProcessor }: Pick<OpenModel, "session" | "processor">,
  onUnreadable: (unreadable: Unreadable) => void,
  size = 8,
): AsyncGenerator<PictureBatch> {
  const imageProcessor = openProcessor();
  const bytes = session.plan.programs.some(({ inputs }) =>
    inputs.some(({ dtype }) => dtype === "uint8"),
  );
  const processor = new ModelProcessor<Inputs>(
    { pixels: bytes ? "uint8" : "float32" },
    { imageProcessor },
  );
  let batch: { image: string; place: number; inputs: Inputs }[] = [];
  // Each is resized as soon as it is decoded: only what it becomes is kept.
  const rgb = !(imageProcessor instanceof OpenClipImageProcessor);
  const read = async (image: PictureInput): Promise<Inputs> => {
    const picture = await (typeof image === "string"
      ? decodePicture(image, { rgb })
      : decodeImage(image.file, { rgb }));
    return processor.images([picture]);
  };
  const reading: Promise<Inputs>[] = [];
  for (const [place, given] of images.entries()) {
    const image = typeof given === "string" ? given : given.name;
    while (reading.length < images.length && reading.length <= place + ahead)
      reading.push(begun(read(images[reading.length]!)));
    const picture = reading[place]!;
    delete reading[place];
    let inputs: Inputs;
    try {
      inputs = await picture;
    } catch (error) {
      if (!(error instanceof SigilError)) throw error;
      onUnreadable({ image, problem: error.message });
      continue;
    }
    const another =
      batch.length > 0 && `${batch[0]!.inputs.pixelValues.shape}` !== `${inputs.pixelValues.shape}`;
    if (batch.length === size || another) {
      yield joined(batch);
      batch = [];
    }
    batch.push({ image, place, inputs });
  }
  if (batch.length > 0) yield joined(batch);
}

/** One that fails before it is awaited is not an unhandled rejection. */
function begun<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

const joined = (
  batch: readonly { readonly image: string; readonly place: number; readonly inputs: Inputs }[],
): PictureBatch => ({
  images: batch.map(({ image }) => image),
  places: batch.map(({ place }) => place),
  inputs: stackInputs(batch.map(({ inputs }) => inputs)),
});

/**
 * Lists on stderr the pictures that were left out of `count`, and sets the exit status to 1 if
 * there are any.
 */
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
