/** The config with which bitsandbytes and transformers load a checkpoint in nf4 or fp4. */

/**
 * Whether transformers quantises the matrix with bitsandbytes. It does if the matrix belongs to an
 * nn.Linear, and not if it belongs to a convolution or to nn.MultiheadAttention.
 */
export const bitsandbytesTakes = (name: string): boolean =>
  !/(patch_embedding\.weight|\.in_proj_weight|\.head\.attention\.out_proj\.weight)$/.test(name);

/**
 * A `quantization_config` as BitsAndBytesConfig of transformers writes it. `keep` are patterns of
 * matrices that stay as they are, which become the modules to skip.
 */
export const bitsandbytesConfig = (type: "nf4" | "fp4", keep: readonly string[]): object => ({
  _load_in_4bit: true,
  _load_in_8bit: false,
  bnb_4bit_compute_dtype: "float32",
  bnb_4bit_quant_storage: "uint8",
  bnb_4bit_quant_type: type,
  bnb_4bit_use_double_quant: false,
  llm_int8_enable_fp32_cpu_offload: false,
  llm_int8_has_fp16_weight: false,
  llm_int8_skip_modules:
    keep.length === 0 ? null : keep.map((name) => name.replace(/\.weight$/, "")),
  llm_int8_threshold: 6,
  load_in_4bit: true,
  load_in_8bit: false,
  quant_method: "bitsandbytes",
});
