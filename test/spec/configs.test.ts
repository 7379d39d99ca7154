/**
 * What a config.json says is done as transformers 5.18 does it, or refused at its place. The values
 * of labels and nulls are those that its SiglipConfig has for the same files.
 */
import { readFileSync } from "node:fs";
import { DiagnosticError, parseArchitecture, parseSpec, type Diagnostic } from "@sigil/spec";
import { describe, expect, it } from "vitest";

const parse = (config: object, file = "x.json") => parseSpec(JSON.stringify(config), { file });
const diagnosticsOf = (config: object): readonly Diagnostic[] => {
  try {
    parse(config);
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    throw error;
  }
  return [];
};
const problems = (config: object): string[] =>
  diagnosticsOf(config).map(({ pointer, message }) => `${pointer}: ${message}`);
const spec = { name: "x", architecture: "siglip", config: {} };

describe("labels", () => {
  it("are id2label's, whatever label2id holds", () => {
    const text = readFileSync(
      new URL("../fixtures/configs/label2id-strings.json", import.meta.url),
      "utf8",
    );
    const { architecture, config } = parseSpec(text, { file: "x.json" });
    expect(architecture).toBe("siglip-image-classification");
    expect(config).toMatchObject({
      num_labels: 3,
      id2label: { 0: "a", 1: "b", 2: "c" },
      label2id: { a: 0, b: 1, c: 2 },
    });
    expect(parse({ model_type: "siglip", label2id: { a: [1] } }).config.id2label).toEqual({
      0: "LABEL_0",
      1: "LABEL_1",
    });
  });

  it("may be sparse: as many classes as labels", () =>
    expect(
      parse({ model_type: "siglip", id2label: { 0: "a", 2: "b", 5: "c" } }).config,
    ).toMatchObject({ num_labels: 3, id2label: { 0: "a", 1: "LABEL_1", 2: "b" } }));

  it.each<[object, string[]]>([
    [{ id2label: {} }, ["/id2label: `id2label` must have at least one label"]],
    [{ id2label: { a: "0" } }, ['/id2label/a: `id2label` key "a" is not a class number']],
    [{ id2label: { "-1": "a" } }, ['/id2label/-1: `id2label` key "-1" is not a class number']],
    [
      { id2label: { 0: null, 1: { toString: 1 } } },
      [
        "/id2label/0: `id2label.0` must be a string, not null",
        "/id2label/1: `id2label.1` must be a string, not an object",
      ],
    ],
    [
      { num_labels: 6, id2label: { 0: "a" } },
      ["/num_labels: num_labels is 6, but id2label has 1 labels"],
    ],
    [{ num_labels: 1e9 }, ["/num_labels: `num_labels` must be at most 100000, not 1000000000"]],
  ])("are refused: %j", (labels, expected) =>
    expect(problems({ model_type: "siglip", ...labels })).toEqual(expected),
  );
});

describe("null", () => {
  const keys = {
    "":
      "architectures model_type text_config vision_config initializer_factor id2label label2id " +
      "num_labels problem_type auto_map",
    text_config:
      "vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads " +
      "max_position_embeddings hidden_act layer_norm_eps attention_dropout projection_size " +
      "model_type",
    vision_config:
      "hidden_size intermediate_size num_hidden_layers num_attention_heads num_channels " +
      "image_size patch_size hidden_act layer_norm_eps attention_dropout",
  };
  const sizes = { text_config: { vocab_size: 8 }, vision_config: { image_size: 32 } };
  const of = (block: string, key: string, value: null | undefined): object =>
    block === ""
      ? { ...sizes, [key]: value }
      : { ...sizes, [block]: { [key]: value }, model_type: "siglip" };
  for (const [block, names] of Object.entries(keys))
    for (const key of names.split(" "))
      it(`for ${block}.${key} is as if it were not there`, () => {
        const [given, absent] = [null, undefined].map((value) => parse(of(block, key, value)));
        // What the schemas do not know is kept as it is.
        const known = ({ model_type, architectures, auto_map, ...rest }: Record<string, unknown>) =>
          JSON.parse(
            JSON.stringify(rest, (name, value) => (name === "model_type" ? undefined : value)),
          );
        expect(known(given!.config)).toEqual(known(absent!.config));
      });

  it("stays where it is a value, and turns the pooling head off, as in transformers", () => {
    const { config } = parse({
      model_type: "siglip",
      text_config: { pad_token_id: null },
      vision_config: { vision_use_head: null },
    });
    expect(config.text_config!.pad_token_id).toBeNull();
    expect(config.vision_config!.vision_use_head).toBe(false);
    expect(
      parse({ model_type: "siglip_vision_model", hidden_size: null, vision_use_head: null }).config
        .vision_config,
    ).toMatchObject({ hidden_size: 768, vision_use_head: false });
  });
});

describe("a config that says it is another model", () => {
  const marqo = {
    architectures: ["MarqoFashionSigLIP"],
    auto_map: { AutoConfig: "marqo_fashionSigLIP.MarqoFashionSigLIPConfig" },
    model_type: "siglip",
    open_clip_model_name: "hf-hub:Marqo/marqo-fashionSigLIP",
  };
  it("is refused where open_clip or code of its own makes it", () =>
    expect(problems(marqo)).toEqual([
      "/auto_map: this config's model needs code of its own: `auto_map` names another class for " +
        "AutoConfig",
      "/open_clip_model_name: this config names a model of open_clip, but does not give its " +
        "sizes",
    ]));
  it("is refused inside a spec too, but for a document of the user's", () => {
    expect(problems({ ...spec, config: marqo })).toHaveLength(2);
    expect(problems({ ...spec, architecture: "./own.json", config: marqo })).toEqual([]);
  });
  it("may have code of its own for what Sigil does not take from it", () =>
    expect(
      problems({ model_type: "siglip", auto_map: { AutoImageProcessor: "own.Processor" } }),
    ).toEqual([]));

  const type = (config: object) => diagnosticsOf(config)[0];
  it.each<[object, string, RegExp | undefined]>([
    [{ ...spec, config: { model_type: "siglip2" } }, "/config/model_type", /NaFlex/],
    [
      { model_type: "siglip2", vision_config: { model_type: "siglip_vision_model" } },
      "/vision_config/model_type",
      undefined,
    ],
    [{ model_type: "smolvlm_vision" }, "/model_type", /nearest row of the position table/],
    [{ model_type: "idefics3_vision" }, "/model_type", /nearest row of the position table/],
    [{ model_type: "paligemma" }, "/model_type", undefined],
    [{ model_type: "toString" }, "/model_type", undefined],
    [{ model_type: { toString: 1 } }, "/model_type", undefined],
    [
      { model_type: "siglip", vision_config: { model_type: "siglip2_vision_model" } },
      "/vision_config/model_type",
      /NaFlex/,
    ],
    [{ ...spec, config: { model_type: "clip" } }, "/config/model_type", undefined],
    [
      { ...spec, config: { text_config: { model_type: "gemma" } } },
      "/config/text_config/model_type",
      undefined,
    ],
    [
      { ...spec, architecture: "siglip-vision", config: { model_type: "siglip_text_model" } },
      "/config/model_type",
      undefined,
    ],
  ])("is refused by its model type: %j", (config, pointer, note) => {
    expect(type(config)).toMatchObject({ code: "unsupported-model-type", pointer });
    if (note) expect(type(config)!.notes.join()).toMatch(note);
    else expect(type(config)!.notes).toEqual([]);
  });

  it.each<[unknown, string]>([
    [["SiglipVisionModel"], "siglip-vision"],
    [["toString"], "siglip"],
    [["__proto__"], "siglip"],
    [[{}], "siglip"],
    [[{ toString: 1 }], "siglip"],
    ["SiglipTextModel", "siglip"],
    [[], "siglip"],
    [7, "siglip"],
  ])("by architectures is what transformers takes it for: %j", (architectures, expected) => {
    expect(parse({ architectures, vision_config: {} }).architecture).toBe(expected);
    expect(parse({ architectures, model_type: "siglip" }).architecture).toBe(expected);
  });
  it("is what its model type says where its class is of another", () =>
    expect(
      parse({ architectures: ["SiglipModel"], model_type: "siglip_vision_model" }).architecture,
    ).toBe("siglip-vision"));
});

describe("values of another type than a key's", () => {
  const values: unknown[] = [
    null,
    true,
    -1,
    1.5,
    1e300,
    "toString",
    "",
    [],
    [null],
    {},
    { toString: 1 },
  ];
  const whole = {
    ...spec,
    outputs: ["pooler_output"],
    storage: "float32",
    quantize: { "*": "int8" },
    batch: { image: 1, text: 1 },
    text_length: 4,
    image_size: { height: 224, width: 224 },
    checkpoint: "a/b",
    sha256: { "model.safetensors": "0".repeat(64) },
    targets: ["cpu"],
    hidden_states: [0],
    attentions: [0],
    interpolate_pos_encoding: false,
    pixels: "uint8",
    rescale_factor: 1,
    image_mean: [0.5],
    image_std: [0.5],
  };
  it.each(Object.keys(whole))("of a spec: %s", (key) => {
    for (const value of values)
      for (const changed of [value, [value], { height: value, width: value, image: value }])
        try {
          parse({ ...whole, [key]: changed });
        } catch (error) {
          expect(error).toBeInstanceOf(DiagnosticError);
          for (const { file } of (error as DiagnosticError).diagnostics) expect(file).toBeDefined();
        }
  });

  it("are bounded where they are counts of what is unrolled", () =>
    expect(
      problems({
        model_type: "siglip",
        text_config: { num_hidden_layers: 1e9 },
        vision_config: { num_hidden_layers: 257 },
      }),
    ).toEqual([
      "/text_config/num_hidden_layers: `text_config.num_hidden_layers` must be at most 256, " +
        "not 1000000000",
      "/vision_config/num_hidden_layers: `vision_config.num_hidden_layers` must be at most " +
        "256, not 257",
    ]));
});

describe("a key that stands twice", () => {
  const problemsOf = (parse: () => unknown): string[] => {
    try {
      parse();
    } catch (error) {
      if (error instanceof DiagnosticError)
        return error.diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`);
      throw error;
    }
    return [];
  };
  it("is refused in a spec and in a document", () => {
    const text =
      '{"name":"m","architecture":"siglip","config":{},\n"storage":"float16","storage":"float32"}';
    expect(problemsOf(() => parseSpec(text, { file: "x.json" }))).toEqual([
      '2:21 key "storage" occurs twice in this object',
    ]);
    const document =
      '{"name":"d","symbols":{"b":"image"},"inputs":{"x":{"dtype":"float32","shape":["b",4]}},' +
      '"steps":[{"name":"y","op":"exp","op":"exp","inputs":["x"]}],"outputs":{"y":"y"}}';
    expect(problemsOf(() => parseArchitecture(document, { file: "d.json" }))).toEqual([
      '1:120 key "op" occurs twice in this object',
    ]);
  });
  it("has its last value in a config.json, as in Python", () =>
    expect(
      parseSpec('{"model_type":"siglip_text_model","vocab_size":8,"vocab_size":9}', {
        file: "x.json",
      }).config.text_config!.vocab_size,
    ).toBe(9));
});
