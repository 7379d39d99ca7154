// Generated from schema/siglip2-vision.schema.json by scripts/generate-types.mjs.

/** Config of the vision tower of SigLIP 2 NaFlex, which takes pictures of any aspect ratio as patches, as transformers writes it. Unknown keys are kept. Every default is filled in. */
export interface Siglip2VisionConfig {
  /** Width of the vision encoder; a multiple of num_attention_heads. */
  readonly hidden_size: number;
  /** Width inside each MLP. */
  readonly intermediate_size: number;
  /** Encoder layers. */
  readonly num_hidden_layers: number;
  /** Attention heads. */
  readonly num_attention_heads: number;
  /** Channels of the image. */
  readonly num_channels: number;
  /** Height and width of a patch in pixels. */
  readonly patch_size: number;
  /** Rows of the position table, a square grid that is resampled to each picture's grid. */
  readonly num_patches: number;
  /** Activation between the two layers of each MLP; a key of transformers' ACT2FN. */
  readonly hidden_act: "gelu" | "gelu_10" | "gelu_accurate" | "gelu_fast" | "gelu_new" | "gelu_python" | "gelu_python_tanh" | "gelu_pytorch_tanh" | "hardswish" | "laplace" | "leaky_relu" | "linear" | "mish" | "prelu" | "quick_gelu" | "relu" | "relu2" | "relu6" | "sigmoid" | "silu" | "sqrtsoftplus" | "swish" | "tanh";
  /** Added to the variance in every layer norm. */
  readonly layer_norm_eps: number;
  /** Dropout of attention weights while training; ignored by inference. */
  readonly attention_dropout: number;
  /** Whether the attention pooling head exists; without it there is no pooler_output. */
  readonly vision_use_head: boolean;
  readonly [key: string]: unknown;
}

/** Siglip2VisionConfig as written: what has a default may be absent. */
export interface Siglip2VisionConfigInput {
  /** Width of the vision encoder; a multiple of num_attention_heads. */
  readonly hidden_size?: number;
  /** Width inside each MLP. */
  readonly intermediate_size?: number;
  /** Encoder layers. */
  readonly num_hidden_layers?: number;
  /** Attention heads. */
  readonly num_attention_heads?: number;
  /** Channels of the image. */
  readonly num_channels?: number;
  /** Height and width of a patch in pixels. */
  readonly patch_size?: number;
  /** Rows of the position table, a square grid that is resampled to each picture's grid. */
  readonly num_patches?: number;
  /** Activation between the two layers of each MLP; a key of transformers' ACT2FN. */
  readonly hidden_act?: "gelu" | "gelu_10" | "gelu_accurate" | "gelu_fast" | "gelu_new" | "gelu_python" | "gelu_python_tanh" | "gelu_pytorch_tanh" | "hardswish" | "laplace" | "leaky_relu" | "linear" | "mish" | "prelu" | "quick_gelu" | "relu" | "relu2" | "relu6" | "sigmoid" | "silu" | "sqrtsoftplus" | "swish" | "tanh";
  /** Added to the variance in every layer norm. */
  readonly layer_norm_eps?: number;
  /** Dropout of attention weights while training; ignored by inference. */
  readonly attention_dropout?: number;
  /** Whether the attention pooling head exists; without it there is no pooler_output. */
  readonly vision_use_head?: boolean;
  readonly [key: string]: unknown;
}
