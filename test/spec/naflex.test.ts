/** Configs and specs of SigLIP 2 NaFlex, in transformers' names. */
import { DiagnosticError, parseSpec, type ModelSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";

const parse = (spec: object, files: Readonly<Record<string, object>> = {}): ModelSpec =>
  parseSpec(JSON.stringify(spec, undefined, 1), {
    file: "/model/config.json",
    readFile: (path) => {
      const found = files[path];
      if (!found) throw Object.assign(new Error(path), { code: "ENOENT" });
      return JSON.stringify(found);
    },
  });
const problems = (spec: object, files?: Readonly<Record<string, object>>): string[] => {
  try {
    parse(spec, files);
    return [];
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map(({ pointer, message }) => `${pointer}: ${message}`);
  }
};
const spec = { name: "x", architecture: "siglip2", config: {} };

describe("a NaFlex config", () => {
  it.each([
    [{ model_type: "siglip2" }, "siglip2"],
    [{ model_type: "siglip2_vision_model" }, "siglip2-vision"],
    [{ model_type: "siglip2_text_model" }, "siglip-text"],
    [{ model_type: "siglip2", architectures: ["Siglip2VisionModel"] }, "siglip2-vision"],
    [{ model_type: "siglip2", architectures: ["Siglip2TextModel"] }, "siglip-text"],
    [
      { model_type: "siglip2", architectures: ["Siglip2ForImageClassification"] },
      "siglip2-image-classification",
    ],
  ])("%j has the architecture %s", (config, architecture) =>
    expect(parse(config).architecture).toBe(architecture),
  );

  it("has transformers' defaults: 256 rows of positions, and no image_size", () => {
    const { vision_config: vision, text_config: text } = parse({ model_type: "siglip2" }).config;
    expect(vision).toMatchObject({ num_patches: 256, patch_size: 16, hidden_size: 768 });
    expect(vision).not.toHaveProperty("image_size");
    expect(text).toMatchObject({ vocab_size: 32000, projection_size: 768 });
  });

  it("must have a square number of positions", () =>
    expect(problems({ model_type: "siglip2", vision_config: { num_patches: 255 } })).toEqual([
      "/vision_config/num_patches: num_patches 255 is not a square number, but " +
        "the position table is square",
    ]));
});

describe("max_num_patches", () => {
  const config = { model_type: "siglip2" };
  const processor = { image_processor_type: "Siglip2ImageProcessorFast", max_num_patches: 1024 };

  it("is the spec's, else the image processor's beside the config", () => {
    const files = { "/model/preprocessor_config.json": processor };
    expect(parse(config, files).maxNumPatches).toBe(1024);
    expect(parse(config).maxNumPatches).toBeUndefined();
    expect(parse({ ...spec, max_num_patches: 64 }, files).maxNumPatches).toBe(64);
    expect(parse(spec, files).maxNumPatches).toBeUndefined();
    expect(
      parse(
        { ...spec, config: "./there/config.json" },
        {
          "/model/there/config.json": config,
          "/model/there/processor_config.json": { image_processor: processor },
        },
      ).maxNumPatches,
    ).toBe(1024);
  });

  it.each([
    [
      { ...spec, image_size: { height: 32, width: 32 }, interpolate_pos_encoding: true },
      [
        "/image_size: siglip2 has no image_size",
        "/interpolate_pos_encoding: siglip2 always resamples its positions to each picture",
      ],
    ],
    [{ ...spec, pixels: "uint8" }, ["/pixels: siglip2 takes patches, not bytes"]],
    [
      { ...spec, architecture: "siglip", max_num_patches: 3 },
      ["/max_num_patches: siglip takes pictures of one size"],
    ],
    [
      { ...spec, max_num_patches: 0 },
      ["/max_num_patches: `max_num_patches` must be at least 1, not 0"],
    ],
  ])(
    "and other settings that do not suit a NaFlex model, or are out of range, are refused: %j",
    (given, expected) => expect(problems(given)).toEqual(expected),
  );

  it("is a count in the file beside the config too", () =>
    expect(
      problems(config, {
        "/model/preprocessor_config.json": { ...processor, max_num_patches: "a" },
      }),
    ).toEqual(['/max_num_patches: `max_num_patches` must be a positive integer, not "a"']));
});
