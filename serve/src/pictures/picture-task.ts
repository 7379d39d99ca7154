import {
  OpenClipImageProcessor,
  ResizeAndCrop,
  Siglip2ImageProcessor,
  Siglip2ImageProcessorFast,
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  type AnyImageProcessor,
  type Siglip2VisionInputs,
  type SiglipVisionInputs,
} from "@sigil/runtime/internal";

/** Classes of image processors; one that extends another stands before it. */
const classes = {
  SiglipImageProcessorFast,
  SiglipImageProcessor,
  Siglip2ImageProcessorFast,
  Siglip2ImageProcessor,
  OpenClipImageProcessor,
  ResizeAndCrop,
};

/** An image processor in a form that can be sent to another thread. */
export interface ProcessorSettings {
  readonly name: keyof typeof classes;
  readonly options: AnyImageProcessor["options"];
}

export function settingsOf(processor: AnyImageProcessor): ProcessorSettings {
  const names = Object.keys(classes) as (keyof typeof classes)[];
  const name = names.find((one) => processor instanceof classes[one]);
  if (name === undefined) throw new Error("internal: a processor of a class that no thread knows");
  return { name, options: processor.options };
}

export const processorOf = ({ name, options }: ProcessorSettings): AnyImageProcessor =>
  new (classes[name] as new (options: object) => AnyImageProcessor)(options);

export interface PictureTask {
  /** Bytes of a picture file. */
  readonly file: Uint8Array;
  readonly processor: ProcessorSettings;
  readonly pixels: "float32" | "uint8";
  readonly limitPixels: number;
}

/** The inputs of a vision tower. */
export type PictureInputs = SiglipVisionInputs | Siglip2VisionInputs;

export type PreparedPicture = PictureInputs | { readonly problem: string };
