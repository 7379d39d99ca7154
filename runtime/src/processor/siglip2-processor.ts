/** transformers' Siglip2Processor (NaFlex): a tokenizer and an image processor in one. */
import type { ImageArray, RawImage } from "../image/raw-image.ts";
import type {
  Siglip2ImageProcessor,
  Siglip2ImageProcessorOptions,
} from "../image/siglip2-image-processor.ts";
import { InputError } from "../model/input-error.ts";
import type { Siglip2VisionInputs } from "../model/naflex.ts";
import type { EncodeOptions, Tokenizer } from "../tokenizer/tokenizer.ts";

export interface Siglip2ProcessorInputs extends EncodeOptions {
  readonly text?: string | readonly string[];
  readonly images?: readonly (RawImage | ImageArray)[];
  /** Options of the image processor for this call. */
  readonly imageOptions?: Partial<Siglip2ImageProcessorOptions>;
}

/** The inputs of `Siglip2Model.forward`. Parts that were not given are absent. */
export interface Siglip2Processed extends Partial<Siglip2VisionInputs> {
  /** `input_ids` */
  readonly inputIds?: number[][];
  /** `attention_mask`, if `model_input_names` of the tokenizer lists it or it was asked for. */
  readonly attentionMask?: number[][];
}

export class Siglip2Processor {
  readonly imageProcessor: Siglip2ImageProcessor;
  readonly tokenizer: Tokenizer;

  constructor(imageProcessor: Siglip2ImageProcessor, tokenizer: Tokenizer) {
    this.imageProcessor = imageProcessor;
    this.tokenizer = tokenizer;
  }

  /**
   * Processes texts, pictures or both. Texts are padded and cut to 64 tokens unless the options say
   * otherwise. The size and number of patches come from the image processor; transformers always
   * takes 256 of 16x16. Throws InputError if there are neither texts nor pictures.
   */
  process({ text, images, imageOptions, ...encode }: Siglip2ProcessorInputs): Siglip2Processed {
    if (text === undefined && images === undefined)
      throw new InputError("expected text, images or both, received neither");
    const texts = { padding: "max_length", truncation: true, maxLength: 64, ...encode } as const;
    return {
      ...(text !== undefined && this.tokenizer.encode(text, texts)),
      ...(images && this.imageProcessor.preprocess(images, imageOptions)),
    };
  }

  /** `batch_decode`: see the tokenizer's `decode`. */
  batchDecode(
    rows: readonly (readonly number[])[],
    options: { readonly skipSpecialTokens?: boolean } = {},
  ): string[] {
    return rows.map((row) => this.tokenizer.decode(row, options));
  }

  /** `model_input_names` */
  get modelInputNames(): readonly string[] {
    return ["input_ids", "pixel_values", "pixel_attention_mask", "spatial_shapes"];
  }
}
