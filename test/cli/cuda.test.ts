/** The command line on CUDA, emulated. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSafetensors, syntheticTensor, writeSafetensors } from "@sigil/runtime/internal";
import { openFileSource } from "@sigil/runtime/node";
import { lowerSpec } from "@sigil/compiler/internal";
import { parseSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { emulatedDriver } from "../support/cuda.ts";
import { fixtures, goldenCase, scaledError } from "../support/golden-cases.ts";
import { needsGxx } from "../support/gxx.ts";
import { runSigil } from "../support/sigil.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-cuda-cli-"));
const { config, seed } = JSON.parse(
  readFileSync(join(fixtures, "models/tiny/case.json"), "utf8"),
) as { config: object; seed: number };
const text = JSON.stringify({
  name: "tiny",
  architecture: "siglip",
  config: { model_type: "siglip", ...config },
});
const spec = join(folder, "tiny.json");
writeFileSync(spec, text);
const sigil = (...args: readonly string[]) => runSigil(args);

describe.skipIf(!emulatedDriver)(`sigil on emulated CUDA ${needsGxx}`, { timeout: 300_000 }, () => {
  it("runs a spec, and says on what", async () => {
    const golden = await goldenCase("tiny");
    const tensors = Object.assign(
      {},
      ...lowerSpec(parseSpec(text, { file: spec })).map(({ lowered }) => lowered.tensors),
    ) as Record<string, readonly number[]>;
    const [weights, inputs, outputs] = ["weights", "in", "out"].map((name) =>
      join(folder, `${name}.safetensors`),
    ) as [string, string, string];
    writeFileSync(
      weights,
      writeSafetensors(
        Object.fromEntries(
          Object.entries(tensors).map(([name, shape]) => [
            name,
            { dtype: "F32" as const, shape, data: syntheticTensor(name, shape, seed) },
          ]),
        ),
      ),
    );
    writeFileSync(inputs, writeSafetensors({ pixel_values: { dtype: "F32", ...golden.pixels } }));
    const { status, stderr } = await sigil(
      "run",
      spec,
      "--weights",
      weights,
      "--inputs",
      inputs,
      "--outputs",
      outputs,
      "--backend",
      "cuda-emulated",
    );
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^cuda: Sigil emulated device \(9\.0\), portable kernels, driver of CUDA 12\.8$/m,
      ),
    ]);
    const found = await openSafetensors(await openFileSource(outputs));
    const name = [...found.tensors.keys()].find((key) => key.endsWith("pooler_output"))!;
    expect(
      scaledError(
        await found.readFloat32(name),
        await golden.outputs.readFloat32("vision_model_output.pooler_output"),
      ),
    ).toBeLessThan(2e-5);
  });

  it("measures it after every fused kernel, beside the CPU", async () => {
    const { status, stdout } = await sigil(
      "parity",
      spec,
      "--backends",
      "cpu,cuda-emulated",
      "--json",
    );
    const { rows, past } = JSON.parse(stdout) as {
      rows: { errors: Record<string, number> }[];
      past: number;
    };
    expect([status, past]).toEqual([0, 0]);
    for (const { errors } of rows) expect(errors["cuda-emulated"]).toBeLessThan(2e-5);
    // Both compute the same in float32, in another order: they are not one backend under two names.
    expect(rows.some(({ errors }) => errors.cpu !== errors["cuda-emulated"])).toBe(true);
  });

  it("says what a machine lacks for a card", async () => {
    const rows = JSON.parse((await sigil("doctor", "--json")).stdout) as {
      name: string;
      available: boolean;
      detail: string;
    }[];
    expect(rows).toContainEqual({ name: "cuda addon", available: true, detail: "loads" });
    expect(rows).toContainEqual({
      name: "g++",
      available: true,
      detail: expect.stringContaining("cuda-emulated"),
    });
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(["cuda", "nvcc"]));
  });
});
