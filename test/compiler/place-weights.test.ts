/** Offsets that generated modules leave out come back at load. */
import { artifactFiles, compile } from "@sigil/compiler";
import { placeWeights } from "@sigil/runtime";
import { parseSpec } from "@sigil/spec";
import { expect, it } from "vitest";

const tower = { hidden_size: 64, intermediate_size: 128, num_hidden_layers: 2 };
const config = {
  model_type: "siglip",
  text_config: { ...tower, num_attention_heads: 4, max_position_embeddings: 16, vocab_size: 100 },
  vision_config: { ...tower, num_attention_heads: 4, image_size: 32, patch_size: 8 },
};

it.each([
  ["float32", {}],
  ["pictures as bytes", { storage: "float16", pixels: "uint8" }],
  ["pictures of any size", { interpolate_pos_encoding: "run-time" }],
])(
  "generated modules leave out most offsets, and placeWeights restores the plan: %s",
  async (_, more) => {
    const spec = { name: "placed", architecture: "siglip", config, ...more };
    const compiled = await compile(
      parseSpec(JSON.stringify({ ...spec, targets: ["cpu", "webgpu"] }), { file: "placed.json" }),
    );
    const files = artifactFiles(compiled);
    for (const [name, plan] of [
      ["cpu.js", compiled.plan],
      ["webgpu.js", compiled.webgpu!.plan],
    ] as const) {
      const literal = /placeWeights\((.*)\),$/m.exec(String(files[name]))![1]!;
      const carried = JSON.parse(literal) as Parameters<typeof placeWeights>[0];
      expect(placeWeights(carried)).toEqual(plan);
      const operands = carried.programs.flatMap(({ init, launches }) =>
        [...init, ...launches].flatMap((launch) => launch.operands),
      );
      const weights = operands.filter(({ space }) => space === "weights");
      expect(weights.filter(({ offset }) => offset === undefined).length).toBeGreaterThan(
        weights.length / 2,
      );
    }
  },
);
