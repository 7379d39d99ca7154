/** Specs so small that a compilation takes milliseconds; together they name every field. */
import { filesOf, readJson } from "../fixtures.ts";

const vision = {
  model_type: "siglip_vision_model",
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_channels: 3,
  image_size: 8,
  patch_size: 4,
  layer_norm_eps: 1e-6,
  hidden_act: "gelu_pytorch_tanh",
  attention_dropout: 0,
};
const text = {
  model_type: "siglip_text_model",
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  vocab_size: 11,
  max_position_embeddings: 4,
  hidden_act: "gelu",
  projection_size: 8,
};
const siglip = {
  model_type: "siglip",
  architectures: ["SiglipModel"],
  text_config: text,
  vision_config: vision,
};
const classifier = {
  model_type: "siglip",
  architectures: ["SiglipForImageClassification"],
  id2label: { 0: "a heron", 1: "a stork" },
  label2id: { "a heron": 0, "a stork": 1 },
  vision_config: vision,
};

/** Documents as `config.json` has them. */
export const configs: readonly unknown[] = [
  siglip,
  classifier,
  { ...vision, vision_use_head: false },
  text,
  readJson("test/fixtures/checkpoints/siglip-shapes/config.json"),
  readJson("test/fixtures/wild/timm-map-classifier/config.json"),
  {
    model_cfg: {
      embed_dim: 768,
      custom_text: true,
      vision_cfg: {
        image_size: 224,
        timm_model_name: "vit_base_patch16_siglip_224",
        timm_pool: "map",
        timm_proj: "none",
      },
      text_cfg: {
        context_length: 64,
        vocab_size: 11,
        width: 768,
        heads: 12,
        layers: 1,
        mlp_ratio: 2,
        no_causal_mask: true,
        proj_bias: true,
        pool_type: "last",
        norm_kwargs: { eps: 1e-6 },
        act_kwargs: { approximate: "tanh" },
      },
    },
    preprocess_cfg: { mean: [0.5], std: [0.5] },
  },
];

/** Sigil specs. */
export const specs: readonly unknown[] = [
  { name: "m", architecture: "siglip", config: siglip, targets: ["cpu", "webgpu", "cuda"] },
  {
    name: "n",
    architecture: "siglip-vision",
    config: { vision_config: vision },
    storage: "float16",
    batch: { image: 2, text: 1 },
    hidden_states: [0, 1],
    attentions: true,
    interpolate_pos_encoding: true,
    outputs: ["pooler_output"],
    image_size: { height: 8, width: 12 },
    targets: ["cpu", "cuda"],
  },
  {
    name: "o",
    architecture: "siglip-text",
    config: { text_config: text },
    storage: "bfloat16",
    text_length: 3,
    hidden_states: true,
    targets: ["cpu", "webgpu"],
  },
  {
    name: "p",
    architecture: "siglip-image-classification",
    config: classifier,
    pixels: "uint8",
    rescale_factor: 0.00392156862745098,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    interpolate_pos_encoding: "run-time",
  },
];

/**
 * Architecture documents, of this package and of the examples: whole ones, and variants of others.
 */
export const documents = (): unknown[] =>
  [
    ...filesOf("spec/architectures", ".json"),
    ...filesOf("examples/variants", ".json"),
    "examples/tour/gated.json",
  ].map(readJson);

/** A config that every document of {@link documents} finds its fields in. */
export const config = {
  ...vision,
  ...text,
  ...siglip,
  id2label: classifier.id2label,
  vision_config: { ...vision, num_registers: 2, text_width: 6 },
};
