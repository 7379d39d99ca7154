/** A model whose int8 matrices meet activations in int8: what it keeps, and who refuses it. */
import { compile } from "@sigil/compiler";
import { compileTarget, showProblem } from "@sigil/compiler/internal";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ModelProcessor, SiglipModel } from "@sigil/runtime";
import { decodeImage, openCheckpoint } from "@sigil/runtime/node";
import { openCpuSession } from "@sigil/runtime-cpu";
import { openNativeSession } from "@sigil/runtime-native";
import { loadSpec, parseSpec, type DiagnosticError, type ModelSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { needsGxx } from "../support/gxx.ts";
import { instructionSets, withInstructionSet } from "../support/native.ts";

const shapes = join(fixtures, "checkpoints/siglip-shapes");
const int8: ModelSpec = {
  ...loadSpec(shapes),
  quantize: [{ pattern: "*", storage: { bits: 8 } }],
};
const labels = readdirSync(join(shapes, "samples")).map((file) => file.replace(/\.png$/, ""));

/** Logits of the sample pictures, a row each, for what is in them. */
async function logitsOf(spec: ModelSpec, native = false): Promise<number[][]> {
  const checkpoint = await openCheckpoint(shapes);
  const { plan, cpu } = await compile({ ...spec, batch: { image: 8, text: 8 } });
  const session = native
    ? await openNativeSession({ plan, kernels: cpu.native! }, checkpoint.weights, { threads: 2 })
    : await openCpuSession({ plan, wasm: cpu }, checkpoint.weights, { threads: 1 });
  try {
    const processor = new ModelProcessor({ textLength: 16 }, checkpoint);
    const files = labels.map((label) => join(shapes, "samples", `${label}.png`));
    const images = processor.images(await Promise.all(files.map((file) => decodeImage(file))));
    const texts = processor.texts(
      labels.map((label) => `This is a photo of a ${label.replace("-", " ")}.`),
    );
    const { logitsPerImage } = await new SiglipModel(session).forward({ ...images, ...texts });
    const { data } = logitsPerImage;
    return labels.map((_, row) =>
      Array.from(data.slice(row * labels.length).slice(0, labels.length)),
    );
  } finally {
    await session.dispose();
    await checkpoint.close();
  }
}
const best = (rows: number[][]): number[] => rows.map((row) => row.indexOf(Math.max(...row)));
const farthest = (a: number[][], b: number[][]): number =>
  Math.max(...a.flatMap((row, i) => row.map((x, j) => Math.abs(x - b[i]![j]!))));

describe("activations in int8", () => {
  it("keep every answer of siglip-shapes, and lose little to weights alone", async () => {
    const [floats, weights, both] = [
      await logitsOf(loadSpec(shapes)),
      await logitsOf(int8),
      await logitsOf({ ...int8, activations: "int8" }),
    ];
    expect(best(both)).toEqual(best(floats));
    // They are rounded: the numbers are others than with weights alone, of logits of -30 to 10.
    expect(farthest(both, weights)).toBeGreaterThan(1e-4);
    expect(farthest(both, floats)).toBeLessThan(0.5);
  });

  it("are an option of specs, of the CPU, and of matrices in int8", async () => {
    const refused = async (spec: ModelSpec): Promise<string> =>
      compile(spec).then(
        () => "",
        (error: Error) => error.message,
      );
    expect(await refused({ ...int8, activations: "int8", targets: ["cpu", "webgpu"] })).toMatch(
      /#\/activations: webgpu has no kernels for activations in int8/,
    );
    await expect(compileTarget({ ...int8, activations: "int8" }, "cuda")).rejects.toThrow(
      /#\/activations: cuda has no kernels/,
    );
    expect(await refused({ ...loadSpec(shapes), activations: "int8" })).toMatch(
      /#\/activations: no matrix of the model is int8/,
    );
    const config = JSON.parse(readFileSync(join(shapes, "config.json"), "utf8"));
    const document = { name: "x", architecture: "siglip", config, activations: "int4" };
    let problems: readonly string[] = [];
    try {
      parseSpec(JSON.stringify(document), { file: "spec.json" });
    } catch (error) {
      problems = (error as DiagnosticError).diagnostics.map(({ message }) => message);
    }
    expect(problems).toContain('`activations` cannot be "int4"');
  });

  it.skipIf(instructionSets.length === 0)(
    `are on the native addon what they are on WebAssembly ${needsGxx}`,
    async () => {
      const spec: ModelSpec = { ...int8, activations: "int8" };
      const wasm = await logitsOf(spec);
      const [first, ...others] = instructionSets;
      const native = await withInstructionSet(first!, () => logitsOf(spec, true));
      // Norms and attention round otherwise, which now and then makes an integer its neighbour:
      // measured 0.058 of logits of -30 to 10.
      expect(farthest(native, wasm)).toBeLessThan(0.1);
      expect(best(native)).toEqual(best(wasm));
      for (const set of others)
        expect(await withInstructionSet(set, () => logitsOf(spec, true)), set).toEqual(native);
    },
  );

  it("are shown by what inspects a model", async () => {
    const { programs } = await compile({ ...int8, activations: "int8" });
    // What `sigil inspect` prints.
    const shown = programs.flatMap(({ lowered }) => lowered.launches.map(({ problem }) => problem));
    expect(shown.map(showProblem).join("\n")).toMatch(
      /int8 in groups of 128, rows rounded to int8/,
    );
  });
});
