import {
  DiagnosticError,
  formatDiagnostics,
  parseSpec,
  siglipConfigFromTextVisionConfigs,
} from "@sigil/spec";
import { describe, expect, it } from "vitest";

const parse = (text: string) => parseSpec(text, { file: "x.json", readFile: () => "" });
const problems = (text: string): string => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof DiagnosticError) return formatDiagnostics(error.diagnostics);
    throw error;
  }
  return "";
};

describe("a checkpoint's sparse config", () => {
  it("takes transformers' defaults", () => {
    const { architecture, config, storage } = parse(
      '{"model_type":"siglip","vision_config":{"model_type":"siglip_vision_model"}}',
    );
    expect([architecture, storage]).toEqual(["siglip", "float32"]);
    expect(config.text_config).toMatchObject({
      vocab_size: 32000,
      hidden_size: 768,
      intermediate_size: 3072,
      num_hidden_layers: 12,
      max_position_embeddings: 64,
      projection_size: 768,
      layer_norm_eps: 1e-6,
      hidden_act: "gelu_pytorch_tanh",
    });
    expect(config.vision_config).toMatchObject({
      image_size: 224,
      patch_size: 16,
      num_channels: 3,
      vision_use_head: true,
    });
    expect(config.id2label).toEqual({ 0: "LABEL_0", 1: "LABEL_1" });
  });

  it("may name a tower or the classifier", () => {
    expect(parse('{"model_type":"siglip_text_model"}').architecture).toBe("siglip-text");
    expect(parse('{"model_type":"siglip_vision_model"}').architecture).toBe("siglip-vision");
    expect(
      parse('{"model_type":"siglip","architectures":["SiglipForImageClassification"]}')
        .architecture,
    ).toBe("siglip-image-classification");
  });

  it("is made of two tower configs", () => {
    expect(
      siglipConfigFromTextVisionConfigs({ intermediate_size: 96 }, { patch_size: 32 }),
    ).toMatchObject({ text_config: { intermediate_size: 96 }, vision_config: { patch_size: 32 } });
  });
});

describe("bad specs are located, with help, all at once", () => {
  const cases: [string, string, string[]][] = [
    ["malformed JSON", '{"model_type":"siglip",}', ["error[malformed-json]", "--> x.json:1:24"]],
    [
      "an activation that is only documented",
      '{"model_type":"siglip","text_config":{"hidden_act":"selu"}}',
      [
        "unknown activation `selu`",
        "--> x.json:1:52",
        "^^^^^^",
        "help: SigLIP checkpoints use `gelu_pytorch_tanh`",
      ],
    ],
    [
      "contradictory sizes",
      '{"model_type":"siglip","vision_config":{"hidden_size":100,"image_size":[224,224]}}',
      [
        "hidden_size 100 is not a multiple of num_attention_heads 12",
        "the text tower projects to 768",
        "must be an integer, not an array",
      ],
    ],
    [
      "an unknown key",
      '{"name":"a","architecture":"siglip","config":{},"stroage":"float16"}',
      ["unknown key `stroage`", "did you mean `storage`?"],
    ],
    [
      "wrong types and ranges",
      '{"model_type":"siglip","text_config":{"hidden_size":"big","num_hidden_layers":-4}}',
      ["must be an integer, not a string", "must be at least 1, not -4"],
    ],
  ];
  for (const [name, text, parts] of cases)
    it(name, () => parts.forEach((part) => expect(problems(text)).toContain(part)));
});
