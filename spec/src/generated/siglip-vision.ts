// Generated from schema/siglip-vision.schema.json by scripts/generate-types.mjs.

/** Config of the SigLIP vision tower, as transformers writes it. Unknown keys are kept. Every default is filled in. */
export interface SiglipVisionConfig {
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
  /** Height and width of the image in pixels; need not be a multiple of patch_size. */
  readonly image_size: number;
  /** Height and width of a patch in pixels. */
  readonly patch_size: number;
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

/** SiglipVisionConfig as written: what has a default may be absent. */
export interface SiglipVisionConfigInput {
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
  /** Height and width of the image in pixels; need not be a multiple of patch_size. */
  readonly image_size?: number;
  /** Height and width of a patch in pixels. */
  readonly patch_size?: number;
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
