/**
 * Every key that transformers 5.18 reads of `tokenizer_config.json` (and, where that lists no
 * `added_tokens_decoder`, of `special_tokens_map.json`) for SiglipTokenizer, Siglip2Tokenizer,
 * GemmaTokenizer and PreTrainedTokenizerFast, and what becomes of it here.
 *
 * - done: it is checked, and does what it does in transformers.
 * - refused: a value that asks for anything is a TokenizerError.
 * - inert: it changes no id and no text in transformers either; the reason is beside it.
 *
 * A key that is not listed is one that transformers keeps without reading.
 */
export const configKeys = {
  tokenizer_class: "done",
  bos_token: "done",
  eos_token: "done",
  unk_token: "done",
  sep_token: "done",
  pad_token: "done",
  cls_token: "done",
  mask_token: "done",
  // Any other string under a key that ends in _token is a named special token as well.
  "*_token": "done",
  extra_special_tokens: "done",
  additional_special_tokens: "done",
  model_specific_special_tokens: "done",
  added_tokens_decoder: "done",
  // SiglipTokenizer's; Siglip2Tokenizer always lower-cases. See `JsonTokenizer` for the others.
  do_lower_case: "done",
  model_max_length: "done",
  // Read where model_max_length is absent, not by SiglipTokenizer, which has 64 then.
  max_len: "done",
  // token_type_ids is refused: no model of the family takes them.
  model_input_names: "done",
  padding_side: "done",
  truncation_side: "done",
  clean_up_tokenization_spaces: "done",
  clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output: "done",
  split_special_tokens: "done",
  // SiglipTokenizer's: false takes the dummy prefix out of spiece.model.
  legacy: "done",

  // Sampled ids differ from call to call; the other arguments of SentencePieceProcessor add ids.
  sp_model_kwargs: "refused",
  // A tokenizer in Python code of the checkpoint's own.
  auto_map: "refused",
  // Names another file than tokenizer.json for some versions of transformers.
  fast_tokenizer_files: "refused",
  gguf_file: "refused",
  // Positional arguments of the Python class.
  init_inputs: "refused",

  // Taken out before a tokenizer.json is read; SiglipTokenizer adds eos whatever they say.
  add_bos_token: "inert",
  add_eos_token: "inert",
  // Kept as an attribute; tokenizer.json's pre-tokenizer decides.
  add_prefix_space: "inert",
  // Conversations, which SigLIP has none of.
  chat_template: "inert",
  response_template: "inert",
  response_schema: "inert",
  // Replaced by what was found beside the configuration.
  vocab_file: "inert",
  tokenizer_file: "inert",
  vocab: "inert",
  merges: "inert",
  unk_id: "inert",
  // For Mistral's files alone.
  fix_mistral_regex: "inert",
  // SiglipTokenizer has its own; the others have tokenizer.json's.
  token_type_ids_pattern: "inert",
  token_type_ids_include_special_tokens: "inert",
  special_tokens_pattern: "inert",
  pad_token_type_id: "inert",
  // Arguments of a call, which are written here and not read back.
  max_length: "inert",
  stride: "inert",
  truncation_strategy: "inert",
  pad_to_multiple_of: "inert",
  // What is printed or looked up.
  name_or_path: "inert",
  processor_class: "inert",
  verbose: "inert",
  backend: "inert",
  files_loaded: "inert",
  is_local: "inert",
  local_files_only: "inert",
} as const;
