/** transformers' SiglipProcessor: a tokenizer and an image processor in one. */
import type { ImageArray, RawImage } from "../image/raw-image.ts";
import { InputError } from "../model/input-error.ts";
import type { ByteTensor, PixelValues, Tensor } from "../model/program.ts";
import type { ImageProcessorOptions } from "../image/image-processor-options.ts";
import type { SiglipImageProcessor } from "../image/siglip-image-processor.ts";
import type { EncodeOptions, Tokenizer } from "../tokenizer/tokenizer.ts";

export interface ProcessorInputs extends EncodeOptions {
  readonly text?: string | readonly string[];
  readonly images?: readonly (RawImage | ImageArray)[];
  /** Options of the image processor for this call. */
  readonly imageOptions?: Partial<ImageProcessorOptions>;
  /**
   * "uint8" for a model compiled for uint8 pixels: pictures are only resized, and the model
   * normalises them. Default "float32".
   */
  readonly pixels?: "float32" | "uint8";
}

/** The inputs of a model's `forward`. Parts that were not given are absent. */
export interface Processed<Pixels extends PixelValues = Tensor> {
  /** `input_ids` */
  readonly inputIds?: number[][];
  /** `attention_mask`, if `model_input_names` of the tokenizer lists it or it was asked for. */
  readonly attentionMask?: number[][];
  /** `pixel_values` */
  readonly pixelValues?: Pixels;
}

export class SiglipProcessor {
  readonly imageProcessor: SiglipImageProcessor;
  readonly tokenizer: Tokenizer;

  constructor(imageProcessor: SiglipImageProcessor, tokenizer: Tokenizer) {
    this.imageProcessor = imageProcessor;
    this.tokenizer = tokenizer;
  }

  /**
   * Processes texts, pictures or both. Texts are neither padded nor truncated unless asked for;
   * SigLIP needs `padding: "max_length"`. Throws InputError if there are neither texts nor
   * pictures.
   */
  process(inputs: ProcessorInputs & { readonly pixels: "uint8" }): Processed<ByteTensor>;
  process(inputs: ProcessorInputs & { readonly pixels?: "float32" }): Processed;
  process({
    text,
    images,
    imageOptions,
    pixels = "float32",
    ...encode
  }: ProcessorInputs): Processed<PixelValues> {
    if (text === undefined && images === undefined)
      throw new InputError("expected text, images or both, received neither");
    const encoded = text === undefined ? {} : this.tokenizer.encode(text, encode);
    if (images === undefined) return encoded;
    if (pixels === "uint8") {
      const { pixelValues: data, shape } = this.imageProcessor.preprocessBytes(
        images,
        imageOptions,
      );
      return { ...encoded, pixelValues: { data, shape } };
    }
    const { pixelValues: data, shape } = this.imageProcessor.preprocess(images, imageOptions);
    return { ...encoded, pixelValues: { data, shape } };
  }

  /** `batch_decode`: see the tokenizer's `decode`. */
  batchDecode(
    rows: readonly (readonly number[])[],
    options: { readonly skipSpecialTokens?: boolean } = {},
  ): string[] {
    return rows.map((row) => this.tokenizer.decode(row, options));
  }

  /** `decode`: see the tokenizer's. */
  decode(ids: readonly number[], options: { readonly skipSpecialTokens?: boolean } = {}): string {
    return this.tokenizer.decode(ids, options);
  }

  /** `model_input_names` */
  get modelInputNames(): readonly string[] {
    return ["input_ids", "pixel_values"];
  }
}
