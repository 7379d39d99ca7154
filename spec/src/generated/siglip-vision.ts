// Generated from schema/siglip-vision.schema.json by scripts/generate-types.mjs.

/** Config of the SigLIP vision tower, as transformers writes it. Unknown keys are kept. Every default is filled in. */
export interface SiglipVisionConfig {
  /** The width of the encoder in channels, a multiple of num_attention_heads. Default 768. */
  readonly hidden_size: number;
  /** The width of the hidden layer of each MLP in channels. Default 3072. */
  readonly intermediate_size: number;
  /** The number of encoder layers. Default 12. */
  readonly num_hidden_layers: number;
  /** The number of attention heads in each layer. Default 12. */
  readonly num_attention_heads: number;
  /** The number of channels of a picture. Default 3. */
  readonly num_channels: number;
  /** The height and width of a picture in pixels, not necessarily a multiple of patch_size. Default 224. */
  readonly image_size: number;
  /** The height and width of a patch in pixels. Default 16. */
  readonly patch_size: number;
  /** The activation between the two layers of each MLP, by its name in transformers (ACT2FN). Default gelu_pytorch_tanh. */
  readonly hidden_act: "gelu" | "gelu_10" | "gelu_accurate" | "gelu_fast" | "gelu_new" | "gelu_python" | "gelu_python_tanh" | "gelu_pytorch_tanh" | "hardswish" | "laplace" | "leaky_relu" | "linear" | "mish" | "prelu" | "quick_gelu" | "relu" | "relu2" | "relu6" | "sigmoid" | "silu" | "sqrtsoftplus" | "swish" | "tanh";
  /** The number that every layer norm adds to the variance. Default 1e-6. */
  readonly layer_norm_eps: number;
  /** The dropout of attention weights in training. Sigil ignores it. */
  readonly attention_dropout: number;
  /** Whether the tower has the attention pooling head. Without it there is no pooler_output. Default true. */
  readonly vision_use_head: boolean;
  readonly [key: string]: unknown;
}

/** SiglipVisionConfig as written: what has a default may be absent. */
export interface SiglipVisionConfigInput {
  /** The width of the encoder in channels, a multiple of num_attention_heads. Default 768. */
  readonly hidden_size?: number;
  /** The width of the hidden layer of each MLP in channels. Default 3072. */
  readonly intermediate_size?: number;
  /** The number of encoder layers. Default 12. */
  readonly num_hidden_layers?: number;
  /** The number of attention heads in each layer. Default 12. */
  readonly num_attention_heads?: number;
  /** The number of channels of a picture. Default 3. */
  readonly num_channels?: number;
  /** The height and width of a picture in pixels, not necessarily a multiple of patch_size. Default 224. */
  readonly image_size?: number;
  /** The height and width of a patch in pixels. Default 16. */
  readonly patch_size?: number;
  /** The activation between the two layers of each MLP, by its name in transformers (ACT2FN). Default gelu_pytorch_tanh. */
  readonly hidden_act?: "gelu" | "gelu_10" | "gelu_accurate" | "gelu_fast" | "gelu_new" | "gelu_python" | "gelu_python_tanh" | "gelu_pytorch_tanh" | "hardswish" | "laplace" | "leaky_relu" | "linear" | "mish" | "prelu" | "quick_gelu" | "relu" | "relu2" | "relu6" | "sigmoid" | "silu" | "sqrtsoftplus" | "swish" | "tanh";
  /** The number that every layer norm adds to the variance. Default 1e-6. */
  readonly layer_norm_eps?: number;
  /** The dropout of attention weights in training. Sigil ignores it. */
  readonly attention_dropout?: number;
  /** Whether the tower has the attention pooling head. Without it there is no pooler_output. Default true. */
  readonly vision_use_head?: boolean;
  readonly [key: string]: unknown;
}
