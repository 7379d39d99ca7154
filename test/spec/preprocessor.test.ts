/** Specs of bytes take what normalising is from the checkpoint that their config lies in. */
import { DiagnosticError, parseSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";

const config = JSON.stringify({
  model_type: "siglip_vision_model",
  hidden_size: 8,
  num_attention_heads: 2,
  image_size: 8,
  patch_size: 4,
});
const missing = (): never => {
  throw Object.assign(new Error("no such file"), { code: "ENOENT" });
};

/**
 * A spec whose config lies in /checkpoint, beside this preprocessor_config.json if there is one.
 */
function parse(preprocessor: unknown, more: object = {}, processor?: unknown) {
  const files: Record<string, string | undefined> = {
    "/checkpoint/config.json": config,
    "/checkpoint/processor_config.json": JSON.stringify(processor, undefined, 1),
    "/checkpoint/preprocessor_config.json":
      typeof preprocessor === "string" ? preprocessor : JSON.stringify(preprocessor, undefined, 1),
  };
  const text = JSON.stringify({
    name: "x",
    architecture: "siglip-vision",
    config: "../checkpoint/config.json",
    pixels: "uint8",
    ...more,
  });
  return parseSpec(text, { file: "/specs/x.json", readFile: (path) => files[path] ?? missing() })
    .pixels;
}

const clip = { rescale_factor: 0.5, image_mean: [0.1, 0.2, 0.3], image_std: [0.4, 0.5, 0.6] };
const defaults = { dtype: "uint8", rescaleFactor: 1 / 255, imageMean: [0.5], imageStd: [0.5] };

describe("what normalising is", () => {
  it("comes from the preprocessor_config.json beside the config", () =>
    expect(parse(clip)).toEqual({
      dtype: "uint8",
      rescaleFactor: 0.5,
      imageMean: clip.image_mean,
      imageStd: clip.image_std,
    }));
  it("is the spec's where it states it", () =>
    expect(parse(clip, { image_mean: [0.5], rescale_factor: 1 })).toEqual({
      dtype: "uint8",
      rescaleFactor: 1,
      imageMean: [0.5],
      imageStd: clip.image_std,
    }));
  it("has defaults where neither does", () => {
    expect(parse(undefined)).toEqual(defaults);
    expect(parse({ crop_size: null })).toEqual(defaults);
  });
  it("may be one number for every channel", () =>
    expect(parse({ image_mean: 0, image_std: 1 })).toEqual({
      ...defaults,
      imageMean: [0],
      imageStd: [1],
    }));
  it("leaves out steps that are turned off", () => {
    expect(parse({ ...clip, do_rescale: false })).toMatchObject({
      rescaleFactor: 1,
      imageMean: clip.image_mean,
    });
    expect(parse({ image_mean: null, image_std: 0, do_normalize: null })).toEqual({
      ...defaults,
      imageMean: [0],
      imageStd: [1],
    });
    expect(parse({ ...clip, do_normalize: false }, { image_std: [0.25] })).toEqual({
      dtype: "uint8",
      rescaleFactor: 0.5,
      imageMean: [0],
      imageStd: [0.25],
    });
  });
  it("comes first from the image_processor of a processor_config.json", () => {
    const nested = {
      processor_class: "SiglipProcessor",
      image_processor: { image_mean: [0.25, 0.5, 0.75] },
    };
    for (const beside of [undefined, clip])
      expect(parse(beside, {}, nested)).toEqual({ ...defaults, imageMean: [0.25, 0.5, 0.75] });
    expect(parse(clip, {}, { processor_class: "SiglipProcessor" })).toMatchObject({
      imageMean: clip.image_mean,
    });
  });
  it("is not looked for where pixels are float32", () =>
    expect(parse("{", { pixels: "float32" })).toEqual({ dtype: "float32" }));
});

describe("a preprocessor_config.json that cannot be used", () => {
  const file = "/checkpoint/preprocessor_config.json";
  it.each([
    ["is no JSON", "{", {}, { code: "malformed-json", line: 1 }],
    ["is no object", "[]", {}, { code: "wrong-type", line: 1 }],
    [
      "divides by zero",
      { image_mean: 0, image_std: [1, 0, 1] },
      {},
      { code: "out-of-range", pointer: "/image_std/1", line: 5 },
    ],
    [
      "has a text for a number",
      { rescale_factor: "1/255" },
      {},
      { code: "wrong-type", pointer: "/rescale_factor", line: 2 },
    ],
    [
      "has two values for three channels",
      { image_mean: [0.5, 0.5] },
      {},
      { code: "contradictory-sizes", pointer: "/image_mean", line: 2 },
    ],
    [
      "has nothing to subtract",
      { image_mean: null },
      {},
      { code: "wrong-type", pointer: "/image_mean", line: 2 },
    ],
    [
      "has a text for a truth",
      { do_rescale: "no" },
      {},
      { code: "wrong-type", pointer: "/do_rescale", line: 2 },
    ],
  ])("%s", (_, preprocessor, more, diagnostic) => {
    let error: unknown;
    try {
      parse(preprocessor, more);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(DiagnosticError);
    expect((error as DiagnosticError).diagnostics).toEqual([
      expect.objectContaining({ file, ...diagnostic }),
    ]);
  });
  it.each([
    [
      "divides by zero",
      { image_processor: { image_std: [1, 0, 1] } },
      { code: "out-of-range", pointer: "/image_processor/image_std/1", line: 5 },
    ],
    [
      "has as many values as no picture has channels",
      { image_processor: { image_mean: [0.5, 0.5] } },
      { code: "contradictory-sizes", pointer: "/image_processor/image_mean", line: 3 },
    ],
    [
      "has a text for a truth",
      { image_processor: { do_rescale: "no" } },
      { code: "wrong-type", pointer: "/image_processor/do_rescale", line: 3 },
    ],
    [
      "has no settings",
      { image_processor: 3 },
      { code: "wrong-type", pointer: "/image_processor", line: 2 },
    ],
    ["is no object", [], { code: "wrong-type", line: 1 }],
  ])("is found as well in a processor_config.json that %s", (_, processor, diagnostic) => {
    expect(() => parse(clip, {}, processor)).toThrow(
      expect.objectContaining({
        diagnostics: [
          expect.objectContaining({ file: "/checkpoint/processor_config.json", ...diagnostic }),
        ],
      }),
    );
  });
  it("is no problem of a spec that states all of it", () =>
    expect(
      parse({ image_std: 0 }, { rescale_factor: 1, image_mean: [0], image_std: [1] }),
    ).toMatchObject({ imageStd: [1] }));
});
