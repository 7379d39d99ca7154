/** Every published spec, compiled for every target. */
import { compile } from "@sigil/compiler";
import { listModelSpecs, loadSpec, parsePlan, specPath } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { defaultLimits, neededLimits } from "@sigil/runtime-webgpu";
import { layoutMemory } from "../../runtime-cpu/dist/capacity.js";

/** Programs whose float32 weights exceed what WebAssembly addresses; 16-bit storage fits. */
const tooLarge = new Set([
  "siglip2-giant-opt-patch16-256 siglip-vision",
  "siglip2-giant-opt-patch16-384 siglip-vision",
]);

describe("every spec of spec/models", () => {
  for (const name of listModelSpecs())
    it(`${name} compiles for the CPU and, within the limits of any device, for WebGPU`, {
      timeout: 60_000,
    }, async () => {
      const spec = loadSpec(specPath(name));
      const { plan, cpu, webgpu, bindings } = await compile({
        ...spec,
        targets: ["cpu", "webgpu"],
      });
      expect(WebAssembly.validate(cpu.plain as BufferSource)).toBe(true);
      parsePlan(JSON.stringify(plan), { file: "plan.json" });
      const { text_config: text, vision_config: vision } = spec.config;
      const patches =
        vision!.num_patches ?? Math.floor(vision!.image_size / vision!.patch_size) ** 2;
      const kind = vision!.num_patches === undefined ? "siglip" : "siglip2";
      const shapes = Object.fromEntries(
        plan.programs.flatMap((program) =>
          program.outputs.map((output) => [
            `${program.name} ${output.name}`,
            output.shape.map((extent) =>
              typeof extent === "number" ? extent : extent.symbols.join(),
            ),
          ]),
        ),
      );
      expect(shapes).toMatchObject({
        [`${kind}-vision last_hidden_state`]: ["image_batch", patches, vision!.hidden_size],
        [`${kind}-vision pooler_output`]: ["image_batch", vision!.hidden_size],
        "siglip-text last_hidden_state": [
          "text_batch",
          text!.max_position_embeddings,
          text!.hidden_size,
        ],
        "siglip-text pooler_output": ["text_batch", text!.projection_size],
        "siglip-scores logits_per_image": ["image_batch", "text_batch"],
      });
      // siglip.md 2.8: 24 tensors and 16 a layer.
      expect(Object.keys(plan.tensors)).toHaveLength(
        24 + 16 * (text!.num_hidden_layers + vision!.num_hidden_layers),
      );
      // Tables are gathered by the host, so a vocabulary of 256,000 costs no memory.
      const bound = plan.programs.flatMap((program) =>
        program.weights.flatMap(({ parts }) => parts.map(({ tensor }) => tensor)),
      );
      expect(bound.filter((tensor) => tensor.includes("token_embedding"))).toEqual([]);
      expect(bindings).toContain(
        `readonly lastHiddenState: sigil.Tensor<readonly [number, ${patches}, ` +
          `${vision!.hidden_size}]>`,
      );
      for (const program of plan.programs) {
        const place = () => layoutMemory(program, 2);
        if (tooLarge.has(`${name} ${program.name}`))
          expect(place).toThrow(/compile it with float16 storage/);
        else expect(place().bytes).toBeLessThan(2 ** 32);
      }
      parsePlan(JSON.stringify(webgpu!.plan), { file: "webgpu.plan.json" });
      expect(neededLimits(webgpu!.plan.programs)).toEqual(defaultLimits);
      for (const { code } of Object.values(webgpu!.kernels).flatMap((kernels) =>
        Object.values(kernels),
      )) {
        const shared = [...code.matchAll(/var<workgroup> \w+: array<(vec4f|f32), (\d+)>/g)].reduce(
          (sum, [, type, count]) => sum + Number(count) * (type === "f32" ? 4 : 16),
          0,
        );
        expect(shared).toBeLessThanOrEqual(16384);
        expect(code.match(/var<storage/g)!.length).toBeLessThanOrEqual(8);
      }
    });
});
