/** Sizes and numbers that no kernel counts or holds are refused, whichever key states them. */
import { compile } from "@sigil/compiler";
import { parseSpec, SigilError } from "@sigil/spec";
import { describe, expect, it } from "vitest";

const tower = {
  hidden_size: 8,
  num_attention_heads: 2,
  intermediate_size: 12,
  num_hidden_layers: 2,
};
const vision = { ...tower, image_size: 8, patch_size: 4 };
const text = { ...tower, vocab_size: 11, max_position_embeddings: 4, projection_size: 8 };
const visionSpec = (config: object, more: object = {}) => ({
  name: "m",
  architecture: "siglip-vision",
  config: { vision_config: { ...vision, ...config } },
  targets: ["cpu", "webgpu", "cuda"],
  ...more,
});
const textSpec = (config: object, more: object = {}) => ({
  ...visionSpec({}, more),
  architecture: "siglip-text",
  config: { text_config: { ...text, ...config } },
});
const outcome = async (spec: object): Promise<string> => {
  try {
    await compile(parseSpec(JSON.stringify(spec), { file: "m.json" }));
  } catch (error) {
    if (error instanceof SigilError) return error.message.split("\n")[0]!;
    throw error;
  }
  return "compiles";
};

const huge = [1e6, 2 ** 31 - 1, 2 ** 31, 1e15, 1e300];
describe.each([
  ["vision", visionSpec, vision],
  ["text", textSpec, text],
] as const)("a %s tower", (_, specOf, config) => {
  it.each(Object.keys(config))("with a huge %s compiles or is refused", async (key) => {
    for (const size of huge) {
      const heads = key === "num_attention_heads" ? { hidden_size: size } : {};
      const found = await outcome(specOf({ num_attention_heads: 1, ...heads, [key]: size }));
      expect(found).toMatch(
        /^compiles$|must be at most|sizes (go|are)|elements in a run|larger than|workgroup memory/,
      );
      if (size >= 1e15) expect(found).not.toBe("compiles");
    }
  });
});

it.each<[string, object, RegExp]>([
  [
    "a batch",
    visionSpec({}, { batch: { image: 1e12 } }),
    /elements in a run of the largest batches/,
  ],
  ["a text's length", textSpec({}, { text_length: 1e12 }), /exceeds max_position_embeddings/],
  [
    "a head for WebGPU",
    visionSpec({ hidden_size: 1024 }),
    /webgpu: an attention head of 512 channels/,
  ],
  ["an epsilon", visionSpec({ layer_norm_eps: 1e39 }), /"epsilon" of layer_norm must be a number/],
  [
    "a deviation",
    visionSpec({}, { pixels: "uint8", image_std: [1e-39] }),
    /rescale, mean and std give a value that float32 cannot hold/,
  ],
  ["a mean", visionSpec({}, { pixels: "uint8", image_mean: [1e300] }), /float32 cannot hold/],
  ["a factor", visionSpec({}, { pixels: "uint8", rescale_factor: 1e-300 }), /float32 cannot hold/],
])("%s that is too much is refused", async (_, spec, problem) =>
  expect(await outcome(spec)).toMatch(problem),
);

it("a value that no output needs may be larger than one that is computed", async () => {
  // The probabilities of 65536 patches are twice what a kernel counts.
  const grid = { image_size: 1024, patch_size: 4, num_attention_heads: 1 };
  expect(await outcome(visionSpec(grid))).toBe("compiles");
});
