import type { ImageProcessorOptions } from "@sigil/runtime";

export interface PictureTask {
  /** Bytes of a picture file. */
  readonly file: Uint8Array;
  readonly options: ImageProcessorOptions;
  /** Whether the model normalises pictures itself. */
  readonly bytes: boolean;
  readonly limitPixels: number;
}

export type PreparedPicture =
  | { readonly pixelValues: Float32Array | Uint8Array; readonly shape: readonly number[] }
  | { readonly problem: string };
