/** A checkpoint tensor may be called as it likes, also `__proto__`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { GraphModel, openSafetensors } from "@sigil/runtime";
import { openFileSource, SafetensorsWriter } from "@sigil/runtime/node";
import { openCpuSession } from "@sigil/runtime-cpu";
import { parseSpec, type ArchitectureGraph } from "@sigil/spec";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "sigil-proto-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const document = (weight: string): ArchitectureGraph => ({
  name: "a-graph",
  symbols: { batch: "image" },
  inputs: { x: { dtype: "float32", shape: ["batch", 4] } },
  steps: [
    {
      name: "y",
      op: "linear",
      inputs: ["x"],
      weights: { weight: { name: weight, shape: [2, 4] } },
    },
  ],
  outputs: { result: "y" },
});

describe("a weight called", () => {
  for (const name of ["weight", "__proto__", "constructor", "a\u2028\\"])
    it(`${JSON.stringify(name)} is read from its file`, async () => {
      const file = join(folder, "model.safetensors");
      const writer = await SafetensorsWriter.create(
        file,
        [[name, { dtype: "F32", shape: [2, 4] }]],
        { format: "pt" },
      );
      await writer.write(name, Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
      await writer.finish();
      const spec = parseSpec('{"name":"m","architecture":"./d.json","config":{}}', {
        file: "spec.json",
      });
      const { plan, cpu } = await compile(spec, document(name));
      expect(Object.entries(plan.tensors)).toEqual([[name, [2, 4]]]);
      const weights = await openSafetensors(await openFileSource(file));
      const model = new GraphModel(
        await openCpuSession({ plan, wasm: cpu }, weights, { threads: 1 }),
      );
      const { result } = await model.forward({
        x: { data: Float32Array.of(1, 0, 0, 1), shape: [1, 4] },
      });
      expect([...result!.data]).toEqual([5, 13]);
      await expect(model.forward({})).rejects.toThrow(
        "x: expected shape [batch, 4], received nothing",
      );
      await model.dispose();
      await weights.close();
    });
});
