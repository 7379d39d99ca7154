/** A vision tower without a head, of sizes that patches do not fill, as transformers runs it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import {
  bufferSource,
  openSafetensors,
  SiglipVisionModel,
  syntheticWeights,
  uniform,
} from "@sigil/runtime/internal";
import { parseSpec, type Plan } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { scaledError } from "../support/golden-cases.ts";
import { flatten } from "../support/run-case.ts";
import { wildBackends } from "../support/wild-backends.ts";
import { wildFolder } from "../support/wild-cases.ts";

const config = {
  model_type: "siglip_vision_model",
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  image_size: 58,
  patch_size: 14,
  vision_use_head: false,
};
const weightsOf = ({ tensors }: Plan) =>
  syntheticWeights(
    Object.entries(tensors).map(([name, shape]) => ({ name, shape })),
    51,
  );
describe.each(wildBackends)(
  "computes what transformers computes, on $name",
  ({ here, tolerance, open }) => {
    it.skipIf(!here).each([
      ["square", 58, 58],
      ["42x70", 42, 70],
      ["112x30", 112, 30],
    ] as const)("pictures: %s", { timeout: 120_000 }, async (tag, height, width) => {
      const document = {
        name: "headless",
        architecture: "siglip-vision",
        config,
        hidden_states: true,
        image_size: { height, width },
        ...(tag !== "square" && { interpolate_pos_encoding: true }),
      };
      const spec = parseSpec(JSON.stringify(document), { file: "headless.json" });
      const { plan } = await compile(spec);
      const session = await open({ spec, checkpoint: { weights: weightsOf(plan) } });
      const data = uniform("input.pixel_values", 2 * 3 * height * width, 51);
      const pixelValues = { data, shape: [2, 3, height, width] };
      const actual = flatten(await new SiglipVisionModel(session).forward({ pixelValues }), "", {});
      await session.dispose();
      const file = readFileSync(join(wildFolder("vision-headless"), "outputs.safetensors"));
      const outputs = await openSafetensors(bufferSource(file, "outputs.safetensors"));
      const names = [...outputs.tensors.keys()].filter((name) => name.startsWith(`${tag}.`));
      expect(names).toHaveLength(4);
      for (const name of names)
        expect(
          scaledError(actual[name.slice(tag.length + 1)]!, await outputs.readFloat32(name)),
          name,
        ).toBeLessThan(tolerance);
    });
  },
);
