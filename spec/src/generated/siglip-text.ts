// Generated from schema/siglip-text.schema.json by scripts/generate-types.mjs.

/** Config of the SigLIP text tower, as transformers writes it. Unknown keys are kept. Every default is filled in. */
export interface SiglipTextConfig {
  /** Rows of the token embedding. */
  readonly vocab_size: number;
  /** Width of the text encoder; a multiple of num_attention_heads. */
  readonly hidden_size: number;
  /** Width inside each MLP. */
  readonly intermediate_size: number;
  /** Encoder layers. */
  readonly num_hidden_layers: number;
  /** Attention heads. */
  readonly num_attention_heads: number;
  /** Longest token sequence. */
  readonly max_position_embeddings: number;
  /** Activation between the two layers of each MLP; a key of transformers' ACT2FN. */
  readonly hidden_act: "gelu" | "gelu_10" | "gelu_accurate" | "gelu_fast" | "gelu_new" | "gelu_python" | "gelu_python_tanh" | "gelu_pytorch_tanh" | "hardswish" | "laplace" | "leaky_relu" | "linear" | "mish" | "prelu" | "quick_gelu" | "relu" | "relu2" | "relu6" | "sigmoid" | "silu" | "sqrtsoftplus" | "swish" | "tanh";
  /** Added to the variance in every layer norm. */
  readonly layer_norm_eps: number;
  /** Dropout of attention weights while training; ignored by inference. */
  readonly attention_dropout: number;
  /** Unused by the model. */
  readonly pad_token_id: number | null;
  /** Unused by the model; the default lies outside the vocabulary. */
  readonly bos_token_id: number | null;
  /** Unused by the model; the default lies outside the vocabulary. */
  readonly eos_token_id: number | null | readonly number[];
  /** Output width of the text head; null means hidden_size. */
  readonly projection_size: number | null;
  readonly [key: string]: unknown;
}

/** SiglipTextConfig as written: what has a default may be absent. */
export interface SiglipTextConfigInput {
  /** Rows of the token embedding. */
  readonly vocab_size?: number;
  /** Width of the text encoder; a multiple of num_attention_heads. */
  readonly hidden_size?: number;
  /** Width inside each MLP. */
  readonly intermediate_size?: number;
  /** Encoder layers. */
  readonly num_hidden_layers?: number;
  /** Attention heads. */
  readonly num_attention_heads?: number;
  /** Longest token sequence. */
  readonly max_position_embeddings?: number;
  /** Activation between the two layers of each MLP; a key of transformers' ACT2FN. */
  readonly hidden_act?: "gelu" | "gelu_10" | "gelu_accurate" | "gelu_fast" | "gelu_new" | "gelu_python" | "gelu_python_tanh" | "gelu_pytorch_tanh" | "hardswish" | "laplace" | "leaky_relu" | "linear" | "mish" | "prelu" | "quick_gelu" | "relu" | "relu2" | "relu6" | "sigmoid" | "silu" | "sqrtsoftplus" | "swish" | "tanh";
  /** Added to the variance in every layer norm. */
  readonly layer_norm_eps?: number;
  /** Dropout of attention weights while training; ignored by inference. */
  readonly attention_dropout?: number;
  /** Unused by the model. */
  readonly pad_token_id?: number | null;
  /** Unused by the model; the default lies outside the vocabulary. */
  readonly bos_token_id?: number | null;
  /** Unused by the model; the default lies outside the vocabulary. */
  readonly eos_token_id?: number | null | readonly number[];
  /** Output width of the text head; null means hidden_size. */
  readonly projection_size?: number | null;
  readonly [key: string]: unknown;
}
