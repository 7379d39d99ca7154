// Generated from schema/siglip-text.schema.json by scripts/generate-types.mjs.

/** Config of the SigLIP text tower, as transformers writes it. Unknown keys are kept. Every default is filled in. */
export interface SiglipTextConfig {
  /** The number of tokens in the vocabulary. Default 32000. */
  readonly vocab_size: number;
  /** The width of the encoder in channels, a multiple of num_attention_heads. Default 768. */
  readonly hidden_size: number;
  /** The width of the hidden layer of each MLP in channels. Default 3072. */
  readonly intermediate_size: number;
  /** The number of encoder layers. Default 12. */
  readonly num_hidden_layers: number;
  /** The number of attention heads in each layer. Default 12. */
  readonly num_attention_heads: number;
  /** The most tokens in a text. Default 64. */
  readonly max_position_embeddings: number;
  /** The activation between the two layers of each MLP, by its name in transformers (ACT2FN). Default gelu_pytorch_tanh. */
  readonly hidden_act: "gelu" | "gelu_10" | "gelu_accurate" | "gelu_fast" | "gelu_new" | "gelu_python" | "gelu_python_tanh" | "gelu_pytorch_tanh" | "hardswish" | "laplace" | "leaky_relu" | "linear" | "mish" | "prelu" | "quick_gelu" | "relu" | "relu2" | "relu6" | "sigmoid" | "silu" | "sqrtsoftplus" | "swish" | "tanh";
  /** The number that every layer norm adds to the variance. Default 1e-6. */
  readonly layer_norm_eps: number;
  /** The dropout of attention weights in training. Sigil ignores it. */
  readonly attention_dropout: number;
  /** The id of the padding token. Sigil only warns of attention masks that hide it. Default 1. */
  readonly pad_token_id: number | null;
  /** The id of the first token of a text. Sigil ignores it. Default 49406, which is outside the vocabulary. */
  readonly bos_token_id: number | null;
  /** The id of the last token of a text. Sigil ignores it. Default 49407, which is outside the vocabulary. */
  readonly eos_token_id: number | null | readonly number[];
  /** The width of the text features in channels. Default, or null: hidden_size. */
  readonly projection_size: number | null;
  readonly [key: string]: unknown;
}

/** SiglipTextConfig as written: what has a default may be absent. */
export interface SiglipTextConfigInput {
  /** The number of tokens in the vocabulary. Default 32000. */
  readonly vocab_size?: number;
  /** The width of the encoder in channels, a multiple of num_attention_heads. Default 768. */
  readonly hidden_size?: number;
  /** The width of the hidden layer of each MLP in channels. Default 3072. */
  readonly intermediate_size?: number;
  /** The number of encoder layers. Default 12. */
  readonly num_hidden_layers?: number;
  /** The number of attention heads in each layer. Default 12. */
  readonly num_attention_heads?: number;
  /** The most tokens in a text. Default 64. */
  readonly max_position_embeddings?: number;
  /** The activation between the two layers of each MLP, by its name in transformers (ACT2FN). Default gelu_pytorch_tanh. */
  readonly hidden_act?: "gelu" | "gelu_10" | "gelu_accurate" | "gelu_fast" | "gelu_new" | "gelu_python" | "gelu_python_tanh" | "gelu_pytorch_tanh" | "hardswish" | "laplace" | "leaky_relu" | "linear" | "mish" | "prelu" | "quick_gelu" | "relu" | "relu2" | "relu6" | "sigmoid" | "silu" | "sqrtsoftplus" | "swish" | "tanh";
  /** The number that every layer norm adds to the variance. Default 1e-6. */
  readonly layer_norm_eps?: number;
  /** The dropout of attention weights in training. Sigil ignores it. */
  readonly attention_dropout?: number;
  /** The id of the padding token. Sigil only warns of attention masks that hide it. Default 1. */
  readonly pad_token_id?: number | null;
  /** The id of the first token of a text. Sigil ignores it. Default 49406, which is outside the vocabulary. */
  readonly bos_token_id?: number | null;
  /** The id of the last token of a text. Sigil ignores it. Default 49407, which is outside the vocabulary. */
  readonly eos_token_id?: number | null | readonly number[];
  /** The width of the text features in channels. Default, or null: hidden_size. */
  readonly projection_size?: number | null;
  readonly [key: string]: unknown;
}
