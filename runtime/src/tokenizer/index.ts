export { TokenizerError } from "./error.ts";
export { SentencePiece, type EncodedPiece } from "./sentencepiece.ts";
export { SiglipTokenizer } from "./siglip-tokenizer.ts";
export type { ConfigToken, TokenizerConfig } from "./siglip-config.ts";
export type { DecodeOptions, EncodeOptions, Encoding, Tokenizer } from "./tokenizer.ts";
export { JsonTokenizer, tokenizerFromJson, type TokenizerJson } from "./json/json-tokenizer.ts";
