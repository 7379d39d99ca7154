import type { AnyImageProcessor, Session, Tokenizer } from "@sigil/runtime";

/** An open model. Its owner disposes of it after the server has closed. */
export interface ServedModel {
  /** Its name in the paths of routes. */
  readonly name: string;
  readonly session: Session;
  /** The image processor. Throws InputError if the checkpoint has none. */
  readonly processor: () => AnyImageProcessor;
  readonly tokenizer: () => Tokenizer;
  /** The number of tokens to which texts are padded or cut. */
  readonly textLength: number;
}
