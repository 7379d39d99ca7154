/** Draws small specs of every kind from a seed. */
import { activations } from "@sigil/compiler/internal";

export interface Draw {
  /** A complete Sigil spec. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Batches to run, which may exceed those planned for. */
  readonly images: number;
  readonly texts: number;
  readonly masked: boolean;
  readonly shuffledPositions: boolean;
}

/** A small reproducible generator (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function drawSpec(seed: number): Draw {
  const next = generator(seed);
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)]!;
  const chance = (probability: number): boolean => next() < probability;
  const tower = () => {
    const heads = integer(1, 4);
    return {
      hidden_size: heads * integer(3, 20),
      num_attention_heads: heads,
      intermediate_size: integer(3, 70),
      num_hidden_layers: integer(1, 3),
      hidden_act: pick([...Object.keys(activations), "prelu"]),
      layer_norm_eps: pick([1e-6, 1e-5, 1e-3]),
    };
  };
  const patch = integer(2, 7);
  const vision = {
    ...tower(),
    patch_size: patch,
    image_size: patch * integer(1, 5) + integer(0, patch - 1),
    num_channels: integer(1, 4),
    ...(chance(0.15) && { vision_use_head: false }),
  };
  const text = {
    ...tower(),
    vocab_size: integer(5, 60),
    max_position_embeddings: integer(2, 20),
    projection_size: vision.hidden_size,
  };
  const classification = chance(0.2);
  const layers = Math.max(text.num_hidden_layers, vision.num_hidden_layers);
  const states = chance(0.4);
  const spec = {
    name: `drawn-${seed}`,
    architecture: classification ? "siglip-image-classification" : "siglip",
    config: classification
      ? { num_labels: integer(1, 9), vision_config: vision }
      : { text_config: text, vision_config: vision },
    storage: pick(["float32", "float32", "float16", "bfloat16"]),
    batch: { image: integer(1, 3), text: integer(1, 4) },
    ...(chance(0.4) && { text_length: integer(1, text.max_position_embeddings) }),
    ...(states && {
      hidden_states: chance(0.5) ? true : [integer(0, Math.min(layers, vision.num_hidden_layers))],
      attentions: chance(0.5),
    }),
    ...(chance(0.3) && {
      interpolate_pos_encoding: true,
      image_size: {
        height: patch * integer(1, 6),
        width: patch * integer(1, 6) + integer(0, patch - 1),
      },
    }),
    ...(!states &&
      chance(0.25) &&
      !classification && {
        outputs: ["pooler_output", "last_hidden_state"].slice(0, integer(1, 2)),
      }),
  };
  const drawn = {
    images: integer(1, 5),
    texts: integer(1, 6),
    masked: chance(0.4),
    shuffledPositions: chance(0.3),
  };
  const perChannel = (from: number, to: number): number[] =>
    Array.from(
      { length: chance(0.5) ? 1 : vision.num_channels },
      () => from + (to - from) * next(),
    );
  const bytes = chance(0.4)
    ? {
        pixels: "uint8",
        ...(chance(0.7) && {
          image_mean: perChannel(0, 1),
          image_std: perChannel(0.1, 1),
          rescale_factor: pick([1 / 255, 1 / 128]),
        }),
      }
    : {};
  return { spec: { ...spec, ...bytes }, ...drawn };
}
