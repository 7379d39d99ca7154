/** What a class is called and what its comment says, whatever the spec and its files are called. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { parseSpec } from "@sigil/spec";
import { afterAll, describe, expect, it } from "vitest";

const config = {
  model_type: "siglip_vision_model",
  hidden_size: 16,
  intermediate_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  image_size: 16,
  patch_size: 8,
};
const folder = mkdtempSync(join(tmpdir(), "sigil-names-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a valid class is declared for a spec that is called", () => {
  const classes: readonly [spec: string, declaration: string][] = [
    ["my-siglip", "class MySiglip extends sigil.SiglipVisionModel<MySiglipTypes>"],
    ["a-", "class A extends"],
    ["a.", "class A extends"],
    ["a_", "class A extends"],
    ["0.5-b", "class Model05B extends"],
    ["siglip-vision-model", "class SiglipVisionModel extends sigil.SiglipVisionModel<"],
    ["tensor", "class Tensor extends"],
    ["weight-source", "class WeightSource extends"],
    ["promise", "class PromiseModel extends"],
    ["int32-array", "class Int32ArrayModel extends"],
  ];
  for (const [name, declaration] of classes)
    it(name, async () => {
      const spec = parseSpec(JSON.stringify({ name, architecture: "siglip-vision", config }), {
        file: "spec.json",
      });
      expect((await compile(spec)).bindings).toContain(`export ${declaration}`);
    });
});

it.skipIf(process.platform === "win32")(
  "an architecture's file ends no comment, whatever it is called",
  async () => {
    const document = {
      name: "a-graph",
      symbols: { batch: "image" },
      inputs: { x: { dtype: "float32", shape: ["batch", 4, 8] } },
      steps: [{ name: "y", op: "mean_tokens", inputs: ["x"] }],
      outputs: { result: "y" },
    };
    for (const name of ["a\n*", "*", "a\u2028b", "a\\"]) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, " globalThis.owned = 1; \n.json"), JSON.stringify(document));
      const { bindings } = await compile(
        parseSpec(
          JSON.stringify({
            name: "m",
            architecture: `./${name}/ globalThis.owned = 1; \n.json`,
            config: {},
          }),
          { file: join(folder, "spec.json") },
        ),
      );
      expect(bindings).toContain(
        "/** m:  globalThis.owned = 1; \\u{a}.json, weights stored as float32.",
      );
    }
  },
);
