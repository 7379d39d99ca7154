import type { AnyImageProcessor, Session, Tokenizer } from "@sigil/runtime";

/** A model that is open; its owner disposes of it after the server has closed. */
export interface ServedModel {
  /** Its part of the routes' paths. */
  readonly name: string;
  readonly session: Session;
  /** Throws InputError where the checkpoint has none. */
  readonly processor: () => AnyImageProcessor;
  readonly tokenizer: () => Tokenizer;
  /** Tokens that texts are padded and cut to. */
  readonly textLength: number;
}
