export { TokenizerError } from "./error.ts";
export { SentencePiece, type EncodedPiece } from "./sentencepiece.ts";
export { SiglipTokenizer } from "./siglip-tokenizer.ts";
export { configKeys } from "./config/keys.ts";
export { tokenizerConfigOf, type TokenizerFiles } from "./config/merge.ts";
export type { ConfigToken, TokenizerConfig } from "./config/tokenizer-config.ts";
export type { DecodeOptions, EncodeOptions, Encoding, Tokenizer } from "./tokenizer.ts";
export { openClipText, openClipTokenizer, type OpenClipCleaning } from "./open-clip-text.ts";
export { JsonTokenizer, tokenizerFromJson, type TokenizerJson } from "./json/json-tokenizer.ts";
