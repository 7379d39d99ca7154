/** What turns pictures and texts into exactly what one compiled model takes. */
import type { FixedSize } from "../image/image-size.ts";
import { ImageError, type ImageArray, type RawImage } from "../image/raw-image.ts";
import type { ResizeAndCrop } from "../image/resize-and-crop.ts";
import type { SiglipImageProcessor } from "../image/siglip-image-processor.ts";
import type { Siglip2ImageProcessor } from "../image/siglip2-image-processor.ts";
import { InputError } from "../model/input-error.ts";
import type { SiglipVisionInputs } from "../model/run-vision.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

/** SigLIP's, or SigLIP 2's for pictures of any aspect ratio, or those of open_clip and timm. */
export type AnyImageProcessor = SiglipImageProcessor | Siglip2ImageProcessor | ResizeAndCrop;

/** Each is given, or made when it is first needed, as `openCheckpoint` does. */
export interface ProcessorParts {
  readonly imageProcessor?: AnyImageProcessor | (() => AnyImageProcessor);
  readonly tokenizer?: Tokenizer | (() => Tokenizer);
}

/** What a module was compiled for; a generated class has it. */
export interface ProcessorTarget<Inputs extends object = SiglipVisionInputs> {
  /** What its vision tower takes, as a type: there is no value. */
  readonly inputs?: Inputs;
  /** Undefined for a model that takes pictures of any size, or none. */
  readonly imageSize?: FixedSize;
  /** Of a model that takes patches (NaFlex). */
  readonly maxNumPatches?: number;
  readonly textLength?: number;
  /** Default "float32". */
  readonly pixels?: "float32" | "uint8";
}

/** A row of ids for each text, padded and cut to the model's length. */
export interface ProcessedTexts {
  readonly inputIds: number[][];
  /** Where the tokenizer's `model_input_names` lists it. */
  readonly attentionMask?: number[][];
}

/** `Inputs` is what the vision tower takes. */
export class ModelProcessor<Inputs extends object = SiglipVisionInputs> {
  readonly #parts: ProcessorParts;
  readonly #target: ProcessorTarget<Inputs>;
  #imageProcessor: AnyImageProcessor | undefined;
  #tokenizer: Tokenizer | undefined;

  /** `new ModelProcessor(SiglipShapes, await openCheckpoint(folder))`; a page gives the parts. */
  constructor(target: ProcessorTarget<Inputs>, parts: ProcessorParts) {
    this.#parts = parts;
    this.#target = target;
  }

  /** Throws InputError where there is none, ImageError where it is for another model. */
  get imageProcessor(): AnyImageProcessor {
    if (this.#imageProcessor) return this.#imageProcessor;
    const found = made("imageProcessor", this.#parts.imageProcessor);
    const { imageSize, maxNumPatches } = this.#target;
    const wanted = maxNumPatches ? "patches" : imageSize && sizeOf(imageSize);
    const size = "outputSize" in found ? found.outputSize : undefined;
    const given = "outputSize" in found ? (size ? sizeOf(size) : wanted) : "patches";
    if (given !== (wanted ?? given))
      throw new ImageError(`imageProcessor: the model takes ${wanted}, received ${given}`);
    return (this.#imageProcessor = found);
  }

  /** Throws InputError where there is none. */
  get tokenizer(): Tokenizer {
    return (this.#tokenizer ??= made("tokenizer", this.#parts.tokenizer));
  }

  /** What the vision tower takes of decoded pictures. Throws ImageError, naming the picture. */
  images(images: readonly (RawImage | ImageArray)[]): Inputs {
    const processor = this.imageProcessor;
    const { pixels, maxNumPatches } = this.#target;
    if (!("outputSize" in processor))
      return processor.preprocess(
        images,
        maxNumPatches ? { maxNumPatches } : {},
      ) as object as Inputs;
    const { pixelValues: data, shape } =
      pixels === "uint8" ? processor.preprocessBytes(images) : processor.preprocess(images);
    return { pixelValues: { data, shape } } as object as Inputs;
  }

  /** `input_ids` of texts. */
  texts(texts: string | readonly string[]): ProcessedTexts {
    const { textLength } = this.#target;
    if (textLength === undefined) throw new InputError("the model takes no texts");
    return this.tokenizer.encode(texts, {
      padding: "max_length",
      truncation: true,
      maxLength: textLength,
    });
  }
}

const sizeOf = ({ height, width }: FixedSize): string => `pictures of ${height}x${width}`;

function made<Part extends object>(name: string, part: Part | (() => Part) | undefined): Part {
  if (part === undefined) throw new InputError(`${name}: expected one, received none`);
  return typeof part === "function" ? (part as () => Part)() : part;
}
