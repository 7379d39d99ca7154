/** What runs a model is what its document says. */
import { readFileSync } from "node:fs";
import { buildGraphs, planKind } from "@sigil/compiler/internal";
import { parseArchitecture, parseSpec, type ArchitectureGraph } from "@sigil/spec";
import { expect, it } from "vitest";

const vision = { hidden_size: 8, num_attention_heads: 2, intermediate_size: 8, image_size: 8 };
const kindOf = (spec: object, document?: object): string => {
  const config = {
    vision_config: { ...vision, patch_size: 4 },
    text_config: { ...vision, vocab_size: 9 },
  };
  const parsed = parseSpec(JSON.stringify({ name: "x", architecture: "siglip", config, ...spec }), {
    file: "x.json",
  });
  const given = document && parseArchitecture(JSON.stringify(document), { file: "d.json" });
  return planKind(buildGraphs(parsed, given?.architecture));
};
const pooled = {
  name: "d",
  config: "vision_config",
  symbols: { n: "image" },
  inputs: { pixel_values: { dtype: "float32", shape: ["n", 4, "hidden_size"] } },
  steps: [{ name: "logits", op: "mean_tokens", inputs: ["pixel_values"] }],
  outputs: { logits: "logits" },
} satisfies ArchitectureGraph;

it.each<[object, string]>([
  [{}, "siglip"],
  [{ outputs: ["last_hidden_state"] }, "siglip"],
  [{ architecture: "siglip-vision" }, "siglip-vision"],
  [{ architecture: "siglip-image-classification" }, "siglip-image-classification"],
])("a plan of Sigil's documents has the kind of its model: %j is %s", (spec, kind) =>
  expect(kindOf(spec)).toBe(kind),
);

it("the kind is the document's own or inherited, and not guessed from names", () => {
  expect(kindOf({}, pooled)).toBe("graph");
  expect(kindOf({}, { ...pooled, kind: "siglip-image-classification" })).toBe(
    "siglip-image-classification",
  );
  expect(kindOf({}, { name: "v", extends: "siglip-vision" })).toBe("siglip-vision");
  expect(kindOf({}, { name: "v", extends: "siglip-vision", kind: "graph" })).toBe("graph");
});

it("several graphs without a kind are a siglip if they have both towers and the scores", () => {
  const { kind: _, ...joint } = JSON.parse(
    readFileSync(new URL("../../spec/architectures/siglip.json", import.meta.url), "utf8"),
  ) as { kind: string; programs: readonly string[] };
  expect(kindOf({}, joint)).toBe("siglip");
  expect(kindOf({}, { ...joint, programs: joint.programs.slice(0, 2) })).toBe("graph");
});

it("a kind is refused if the graph lacks the inputs of that class", () =>
  expect(() => kindOf({}, { ...pooled, kind: "siglip-text" })).toThrow(
    'a siglip-text needs an input "input_ids"',
  ));

it("the schemas of documents and plans list the same kinds", () => {
  const kinds = (schema: string, name: string): unknown =>
    JSON.parse(
      readFileSync(new URL(`../../spec/schema/${schema}.schema.json`, import.meta.url), "utf8"),
    ).$defs[name].enum;
  expect(kinds("architecture", "kind")).toEqual(kinds("plan", "kind"));
});
