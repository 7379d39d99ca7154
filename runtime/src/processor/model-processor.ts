/** Turns pictures and texts into exactly what one compiled model takes. */
import type { FixedSize } from "../image/image-size.ts";
import { ImageError, type ImageArray, type RawImage } from "../image/raw-image.ts";
import type { ResizeAndCrop } from "../image/resize-and-crop.ts";
import type { SiglipImageProcessor } from "../image/siglip-image-processor.ts";
import type { Siglip2ImageProcessor } from "../image/siglip2-image-processor.ts";
import { InputError } from "../model/input-error.ts";
import type { SiglipVisionInputs } from "../model/run-vision.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

/** The image processor of SigLIP, of SigLIP 2 (NaFlex), of open_clip or of timm. */
export type AnyImageProcessor = SiglipImageProcessor | Siglip2ImageProcessor | ResizeAndCrop;

/**
 * The parts of a processor. Each is given, or is a function that makes it when it is first needed,
 * as in the result of `openCheckpoint`.
 */
export interface ProcessorParts {
  readonly imageProcessor?: AnyImageProcessor | (() => AnyImageProcessor);
  readonly tokenizer?: Tokenizer | (() => Tokenizer);
}

/** What a module was compiled for. Generated classes have these as static members. */
export interface ProcessorTarget<Inputs extends object = SiglipVisionInputs> {
  /** The inputs of its vision tower, as a type only. There is no value. */
  readonly inputs?: Inputs;
  /** Undefined for a model that takes pictures of any size, or no pictures. */
  readonly imageSize?: FixedSize;
  /** For NaFlex models, which take patches. */
  readonly maxNumPatches?: number;
  readonly textLength?: number;
  /** Default "float32". */
  readonly pixels?: "float32" | "uint8";
}

/** A row of ids for each text, padded or cut to the text length of the model. */
export interface ProcessedTexts {
  readonly inputIds: number[][];
  /** Present if `model_input_names` of the tokenizer lists it. */
  readonly attentionMask?: number[][];
}

/** Prepares pictures and texts for a model. `Inputs` is what its vision tower takes. */
export class ModelProcessor<Inputs extends object = SiglipVisionInputs> {
  readonly #parts: ProcessorParts;
  readonly #target: ProcessorTarget<Inputs>;
  #imageProcessor: AnyImageProcessor | undefined;
  #tokenizer: Tokenizer | undefined;

  /**
   * In Node: `new ModelProcessor(SiglipShapes, await openCheckpoint(folder))`. A page gives the
   * parts itself.
   */
  constructor(target: ProcessorTarget<Inputs>, parts: ProcessorParts) {
    this.#parts = parts;
    this.#target = target;
  }

  /** Throws InputError if there is none, and ImageError if it does not fit the model. */
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

  /** Throws InputError if there is none. */
  get tokenizer(): Tokenizer {
    return (this.#tokenizer ??= made("tokenizer", this.#parts.tokenizer));
  }

  /**
   * Turns decoded pictures into what the vision tower takes. Throws ImageError, which names the
   * picture.
   */
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

  /** The `input_ids` of texts. */
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
