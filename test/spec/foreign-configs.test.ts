/** Configs of open_clip, of timm, and of larger models that hold a SigLIP tower. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DiagnosticError, loadSpec, parseSpec, type ModelSpec, type Tower } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";

/** What timm and open_clip make of their names; test/fixtures/wild/make_name_tables.py. */
const names = JSON.parse(readFileSync(join(fixtures, "wild/names.json"), "utf8")) as {
  readonly timm: Readonly<Record<string, readonly (number | string)[]>>;
  readonly open_clip: Readonly<
    Record<
      string,
      {
        readonly config: {
          readonly embed_dim: number;
          readonly vision_cfg: { readonly timm_model_name: string; readonly image_size: number };
          readonly text_cfg: Readonly<Record<string, number | undefined>>;
        };
        readonly text?: { mlp: number; act: string; eps: number; projects: boolean };
      }
    >
  >;
};
const parse = (config: object, tower?: Tower): ModelSpec =>
  parseSpec(JSON.stringify(config), { file: "model/config.json", ...(tower && { tower }) });
const problems = (config: object, tower?: Tower): string[] => {
  try {
    parse(config, tower);
  } catch (error) {
    if (error instanceof DiagnosticError)
      return error.diagnostics.map(({ pointer, message }) => `${pointer}: ${message}`);
    throw error;
  }
  return [];
};
const activations: Readonly<Record<string, string>> = { erf: "gelu", tanh: "gelu_pytorch_tanh" };
const trunkOf = ({ config }: ModelSpec): unknown[] => {
  const v = config.vision_config! as unknown as Readonly<Record<string, unknown>>;
  return [
    ...[v.hidden_size, v.num_hidden_layers, v.num_attention_heads, v.intermediate_size],
    ...[v.patch_size, v.image_size, v.hidden_act, v.global_pool],
  ];
};
const expectedTrunk = (name: string): unknown[] =>
  names.timm[name]!.map((value) => activations[value] ?? value);

describe("timm's config.json", () => {
  it("means what timm makes of each of its names", () => {
    const found = Object.keys(names.timm).map((name) => [
      name,
      trunkOf(parse({ architecture: name, num_classes: 0 })),
    ]);
    expect(found).toEqual(Object.keys(names.timm).map((name) => [name, expectedTrunk(name)]));
  });

  it("states arguments, classes and labels", () => {
    const { config, architecture } = parse({
      architecture: "vit_base_patch16_siglip_224.v2_webli",
      num_classes: 2,
      label_names: ["cat", "dog"],
      model_args: { img_size: 256, act_layer: "gelu_tanh", drop_path_rate: 0.1 },
      pretrained_cfg: {},
    });
    expect([architecture, config.id2label]).toEqual(["timm-vit", { 0: "cat", 1: "dog" }]);
    expect(config.vision_config).toMatchObject({
      image_size: 256,
      hidden_act: "gelu_pytorch_tanh",
      num_classes: 2,
    });
  });

  it("says whether the mean of the tokens is normalised", () => {
    const pooled = (suffix: string, model_args: object): unknown =>
      trunkOf(
        parse({ architecture: `vit_base_patch16_siglip_${suffix}`, num_classes: 0, model_args }),
      ).at(-1);
    expect(pooled("224", { global_pool: "avg" })).toBe("fc_norm");
    expect(pooled("224", { global_pool: "avg", fc_norm: false })).toBe("avg");
    expect(pooled("gap_224", { fc_norm: null })).toBe("avg");
    expect(pooled("gap_224", { fc_norm: true })).toBe("fc_norm");
    expect(
      problems({
        architecture: "vit_base_patch16_siglip_224",
        num_classes: 0,
        model_args: { fc_norm: true },
      }),
    ).toEqual(["/model_args/fc_norm: `fc_norm` true is not supported"]);
  });

  it("reports arguments that are not an object, and at most 100 problems", () => {
    const config = { architecture: "vit_base_patch16_siglip_224", num_classes: 5 };
    expect(problems({ ...config, model_args: "a".repeat(100_000) })).toEqual([
      "/model_args: `model_args` must be an object",
    ]);
    const unknown = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, 1]));
    expect(problems({ ...config, model_args: unknown })).toHaveLength(100);
  });

  it("is refused, by name, for what SigLIP has not", () => {
    expect(
      problems({
        architecture: "vit_base_patch16_siglip_224",
        num_classes: 0,
        model_args: { reg_tokens: 4, qk_norm: true, norm_layer: "rmsnorm", act_layer: "mish" },
      }),
    ).toEqual([
      "/model_args/reg_tokens: `reg_tokens` 4 is not supported",
      "/model_args/qk_norm: `qk_norm` true is not supported",
      "/model_args/norm_layer: timm's `norm_layer` is not supported",
      '/model_args/act_layer: timm\'s activation "mish" is not supported',
    ]);
    expect(problems({ architecture: "naflexvit_base_patch16_siglip", num_classes: 0 })).toEqual([
      "/architecture: `naflexvit_base_patch16_siglip` is a NaFlexVit of timm, which is not " +
        "supported",
    ]);
    expect(problems({ architecture: "resnet50", num_classes: 0 })).toEqual([
      "/architecture: `resnet50` is not a known SigLIP trunk of timm",
    ]);
    expect(
      problems({ architecture: "vit_base_patch16_siglip_224", num_classes: 0 }, "text"),
    ).toEqual(["/architecture: timm models have no text tower"]);
  });
});

describe("open_clip_config.json", () => {
  const supported = Object.entries(names.open_clip).filter(([, { text }]) => text);

  it.each(supported)("of %s means what open_clip makes of it", (_, { config: model_cfg, text }) => {
    const spec = parse({ model_cfg, preprocess_cfg: {} });
    const { vision_cfg: vision, text_cfg: given } = model_cfg;
    const expected = expectedTrunk(vision.timm_model_name);
    expected[5] = vision.image_size;
    expect(trunkOf(spec)).toEqual(expected);
    expect(spec.architecture).toBe("open-clip");
    expect(spec.config.text_config).toMatchObject({
      hidden_size: given.width,
      num_hidden_layers: given.layers,
      num_attention_heads: given.heads,
      vocab_size: given.vocab_size,
      max_position_embeddings: given.context_length,
      projection_size: model_cfg.embed_dim,
      intermediate_size: text!.mlp,
      layer_norm_eps: text!.eps,
      hidden_act: activations[text!.act],
      text_use_head: text!.projects,
    });
  });

  it("is refused for a text tower of transformers'", () => {
    const { config } = names.open_clip["nllb-clip-base-siglip"]!;
    expect(problems({ model_cfg: config })).toEqual([
      "/model_cfg/text_cfg/hf_model_name: a text tower from transformers " +
        '("facebook/nllb-200-distilled-600M") is not supported',
    ]);
  });

  it("is refused, by name, for what SigLIP has not", () => {
    const { config } = names.open_clip["ViT-B-16-SigLIP"]!;
    const text_cfg = {
      ...config.text_cfg,
      no_causal_mask: false,
      pool_type: "argmax",
      qk_norm: true,
    };
    const vision_cfg = { ...config.vision_cfg, timm_proj: "linear" };
    expect(problems({ model_cfg: { ...config, text_cfg, vision_cfg } })).toEqual([
      '/model_cfg/vision_cfg/timm_proj: `timm_proj` "linear" is not supported',
      "/model_cfg/text_cfg/no_causal_mask: `no_causal_mask` false is not supported",
      '/model_cfg/text_cfg/pool_type: `pool_type` "argmax" is not supported',
      "/model_cfg/text_cfg/qk_norm: `qk_norm` true is not supported",
    ]);
  });

  it.each(["vision", "text"] as const)("gives the %s tower alone", (tower) => {
    const { config } = names.open_clip["ViT-B-16-SigLIP"]!;
    const spec = parse({ model_cfg: config }, tower);
    expect(spec.architecture).toBe(`open-clip-${tower}`);
    expect([
      spec.config.vision_config !== undefined,
      spec.config.text_config !== undefined,
    ]).toEqual([tower === "vision", tower === "text"]);
  });
});

describe("a spec of a config of open_clip or timm", () => {
  const config = join(fixtures, "wild/timm-map-classifier/config.json");
  const spec = { name: "x", architecture: "timm-vit", config };

  it("takes its mean and deviation for bytes", () => {
    const text = readFileSync(config, "utf8").replace(
      '"mean": [',
      '"mean": [0.25, 0.5, 0.75], "_": [',
    );
    const { pixels } = parseSpec(JSON.stringify({ ...spec, pixels: "uint8" }), {
      file: "spec.json",
      readFile: () => text,
    });
    expect(pixels).toMatchObject({ imageMean: [0.25, 0.5, 0.75], imageStd: [0.5, 0.5, 0.5] });
  });

  it("is refused for pictures of other sizes, and where a tower is asked for", () => {
    expect(problems({ ...spec, interpolate_pos_encoding: true })).toEqual([
      "/interpolate_pos_encoding: timm-vit cannot resample its positions to other sizes",
    ]);
    expect(problems(spec, "vision")).toEqual([
      "/architecture: a spec states its architecture itself: `timm-vit`",
    ]);
  });
});

describe("a larger model's config.json", () => {
  const vision = {
    model_type: "siglip_vision_model",
    num_hidden_layers: 26,
    vision_use_head: false,
  };

  it.each([
    ["paligemma", {}, false],
    ["gemma3", {}, false],
    ["cohere2_vision", {}, false],
    ["llava_onevision", {}, [26]],
    ["aya_vision", { vision_feature_layer: -1 }, [26]],
    ["llava", {}, [25]],
    ["llava_next", { vision_feature_layer: [-2, -7, 3] }, [3, 20, 25]],
    ["vipllava", {}, [6, 16, 19, 22, 25]],
  ])("of %s gives its tower and the hidden states that it takes", (type, more, states) => {
    const spec = parse({ model_type: type, vision_config: vision, ...more }, "vision");
    expect([spec.architecture, spec.hiddenStates, spec.ignoreOtherWeights, spec.name]).toEqual([
      "siglip-vision",
      states,
      true,
      "model-vision",
    ]);
    expect(spec.config.vision_config!.num_hidden_layers).toBe(26);
  });

  it("is refused for a hidden state that its tower has not", () => {
    const config = { model_type: "llava", vision_config: vision, vision_feature_layer: -30 };
    expect(problems(config, "vision")).toEqual([
      "/vision_config/num_hidden_layers: vision_feature_layer asks for hidden state -3, but " +
        "the last is 26",
    ]);
  });

  it("is looked through for the tower of the model inside", () => {
    const spec = loadSpec(join(fixtures, "wild/colpali"), { tower: "vision" });
    expect([spec.architecture, spec.config.vision_config!.hidden_size]).toEqual([
      "siglip-vision",
      32,
    ]);
  });

  it.each([
    ["janus_vision_model", /document that extends siglip-vision/],
    ["phi4_multimodal_vision", /document that extends idefics-vision/],
    ["paddleocr_vl_vision", /the op rotary/],
    ["video_llama_3_vision", /the op rotary/],
  ])("is refused for a tower of %s, with what it would take", (model_type, note) => {
    const config = { model_type: "larger", vision_config: { ...vision, model_type } };
    expect(() => parse(config, "vision")).toThrow(note);
  });

  it("is refused for MiniCPM-V, whose tower has SigLIP's model type alone", () => {
    expect(() => parse({ model_type: "minicpmv", vision_config: vision }, "vision")).toThrow(
      /"minicpmv" is not a siglip-vision model[^]*extends idefics-vision/,
    );
  });

  it("is offered with --tower, and refused for a tower that is no SigLIP", () => {
    const config = { model_type: "paligemma", vision_config: vision };
    expect(() => parse(config)).toThrow(/--tower vision/);
    expect(problems({ model_type: "llava", vision_config: { image_size: 336 } }, "vision")).toEqual(
      [expect.stringContaining('model type "clip_vision_model" is not a siglip-vision model')],
    );
    expect(
      problems({ ...config, vision_config: { ...vision, num_attention_heads: 7 } }, "vision"),
    ).toEqual([
      "/vision_config/num_attention_heads: hidden_size 768 is not a multiple of " +
        "num_attention_heads 7",
    ]);
  });
});
