/**
 * What generated bindings promise: to TypeScript (this file is type-checked by the build) and at
 * run time.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { artifactFiles, compile, writeBindings } from "@sigil/compiler/internal";
import {
  GraphModel,
  InputError,
  SiglipForImageClassification,
  type SiglipVisionInputs,
  syntheticWeights,
  WeightsError,
  type ByteTensor,
  type SiglipModel,
  type Tensor,
} from "@sigil/runtime";
import { openCpuSession } from "@sigil/runtime-cpu";
import type { PictureUploader } from "@sigil/runtime-webgpu/pictures";
import { loadSpec, parseSpec, specPath, type ArchitectureGraph } from "@sigil/spec";
import { describe, expect, expectTypeOf, it } from "vitest";
import { artifact } from "../../generated/siglip-shapes/cpu.js";
import { artifact as webgpu } from "../../generated/siglip-shapes/webgpu.js";
import {
  SiglipShapes,
  type SiglipShapesVisionOutput,
} from "../../generated/siglip-shapes/index.js";

const source = () =>
  syntheticWeights(
    Object.entries(artifact.plan.tensors).map(([name, shape]) => ({ name, shape })),
    1,
  );
const pixels = { data: new Float32Array(3 * 64 * 64), shape: [1, 3, 64, 64] } as const;

describe("the generated module", () => {
  it("finds the offsets again that its text leaves out", async () => {
    const compiled = await compile(loadSpec(specPath("siglip-shapes")));
    expect(artifact.plan).toEqual(compiled.plan);
    expect(webgpu.plan).toEqual(compiled.webgpu!.plan);
    expect(
      readFileSync(
        new URL("../../generated/siglip-shapes/webgpu.js", import.meta.url),
        "utf8",
      ).match(/"offset":\d+,"bytes":\d+,"rows"/g)!.length,
    ).toBeLessThan(4);
  });

  it("has literal shapes and only the outputs that were compiled", async () => {
    const model = await SiglipShapes.load(source(), { threads: 1 });
    const output = await model.forward({
      pixelValues: pixels,
      inputIds: [new Array<number>(SiglipShapes.textLength).fill(1)],
    });
    expectTypeOf(output.visionModelOutput.poolerOutput).toEqualTypeOf<
      Tensor<readonly [number, 128]>
    >();
    expectTypeOf(output.visionModelOutput.lastHiddenState.shape).toEqualTypeOf<
      readonly [number, 64, 128]
    >();
    expectTypeOf(SiglipShapes.textLength).toEqualTypeOf<16>();
    expectTypeOf<SiglipShapesVisionOutput>().not.toHaveProperty("hiddenStates");
    expectTypeOf(output).not.toHaveProperty("loss");
    expect(output.visionModelOutput.lastHiddenState.shape).toEqual([1, 64, 128]);
    expect(output.logitsPerImage.shape).toEqual([1, 1]);
    const withLoss = await model.forward({
      pixelValues: pixels,
      inputIds: [new Array<number>(SiglipShapes.textLength).fill(1)],
      returnLoss: true,
    });
    expectTypeOf(withLoss.loss).toEqualTypeOf<number>();
    expect(withLoss.loss).toBeGreaterThan(0);
    await model.dispose();
  });

  it("refuses shapes that TypeScript sees, and at run time those that it cannot", async () => {
    const model = await SiglipShapes.load(source(), { threads: 1, lazy: true });
    const data = new Float32Array(3 * 64 * 65);
    await expect(
      // @ts-expect-error 65 is not 64
      model.getImageFeatures({ pixelValues: { data, shape: [1, 3, 64, 65] } }),
    ).rejects.toThrow("expected 64x64 pixels, received 64x65");
    // @ts-expect-error the pictures are missing
    await expect(model.forward({ inputIds: [[1]] })).rejects.toThrow(InputError);
    await expect(
      model.getImageFeatures({ pixelValues: { data: new Float32Array(5), shape: [1, 3, 64, 64] } }),
    ).rejects.toThrow("expected 12288 values, received 5");
    await expect(model.getTextFeatures({ inputIds: [[1, 2]] })).rejects.toThrow(
      "expected 16 values a text, received 2",
    );
    await model.dispose();
    await expect(model.getImageFeatures({ pixelValues: pixels })).rejects.toThrow("disposed");
  });

  it("lists every tensor that does not fit", async () => {
    const shapes = Object.entries(artifact.plan.tensors).map(([name, shape]) => ({ name, shape }));
    const damaged = shapes
      .filter(({ name }) => name !== "logit_scale")
      .map((tensor) =>
        tensor.name === "vision_model.head.probe" ? { ...tensor, shape: [1, 1, 64] } : tensor,
      );
    const error = await SiglipShapes.load(
      syntheticWeights([
        ...damaged,
        { name: "vision_model.encoder.layers.9.mlp.fc1.bias", shape: [3] },
      ]),
    ).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(WeightsError);
    for (const part of ["logit_scale", "vision_model.head.probe", "layers.9.mlp.fc1.bias"])
      expect((error as Error).message).toContain(part);
  });
});

describe("bindings", () => {
  const classifier = (extra: object) =>
    parseSpec(
      JSON.stringify({
        name: "two-birds",
        architecture: "siglip-image-classification",
        ...extra,
        config: {
          id2label: { 0: "a heron", 1: 'a "stork"' },
          vision_config: {
            hidden_size: 32,
            intermediate_size: 64,
            num_hidden_layers: 2,
            num_attention_heads: 2,
            image_size: 16,
            patch_size: 8,
          },
        },
      }),
      { file: "two-birds.json" },
    );
  it("name the classifier's labels, and the layers that the spec asks for", async () => {
    const text = (await compile(classifier({ hidden_states: [0, 2], attentions: true }))).bindings;
    expect(text).toContain('export type TwoBirdsLabel = "a heron" | "a \\"stork\\"";');
    expect(text).toContain(
      "readonly hiddenStates: { readonly 0: sigil.Tensor<readonly [number, 4, 32]>; readonly " +
        "2: sigil.Tensor<readonly [number, 4, 32]> };",
    );
    expect(text).toContain(
      "readonly attentions: readonly [sigil.Tensor<readonly [number, 2, 4, 4]>, " +
        "sigil.Tensor<readonly [number, 2, 4, 4]>];",
    );
  });
  it("take bytes where the spec says so, of the shape that pictures have, from a GPU too", async () => {
    const text = (await compile(classifier({ pixels: "uint8" }))).bindings;
    expect(text).toContain(
      "inputs: sigil.SiglipVisionInputs<sigil.ByteTensor<readonly [number, 16, 16, 3]>>;",
    );
    expect(text).toContain('import * as sigil from "@sigil/runtime";');
    expect(text).toContain("imageSize = { height: 16, width: 16 } as const");
    type Model = SiglipForImageClassification<{
      inputs: SiglipVisionInputs<ByteTensor<readonly [number, 16, 16, 3]>>;
      output: { logits: Tensor };
    }>;
    type Pixels = Parameters<Model["forward"]>[0]["pixelValues"];
    type Joint = SiglipModel<{
      vision: { inputs: SiglipVisionInputs<Pixels>; output: object };
      text: { output: object };
      features: Tensor;
    }>;
    // What pipelines take.
    expectTypeOf<Joint>().toExtend<SiglipModel>();
    expectTypeOf<ReturnType<PictureUploader<16, 16>["pixels"]>>().toExtend<Pixels>();
    expectTypeOf<{ data: Uint8Array; shape: readonly [1, 16, 16, 3] }>().toExtend<Pixels>();
    expectTypeOf<ReturnType<PictureUploader<32, 16>["pixels"]>>().not.toExtend<Pixels>();
    expectTypeOf<{ data: Float32Array; shape: readonly [1, 3, 16, 16] }>().not.toExtend<Pixels>();
  });
  it("name outputs by layer as GraphModel returns them, one by one", async () => {
    const document: ArchitectureGraph = {
      name: "a-graph",
      symbols: { batch: "image" },
      inputs: { x: { dtype: "float32", shape: ["batch", 4, 8] } },
      blocks: {
        layer: {
          inputs: ["x"],
          steps: [{ name: "y", op: "activation", inputs: ["x"], attributes: { kind: "relu" } }],
          output: "y",
        },
      },
      steps: [
        { name: "first", op: "activation", inputs: ["x"], attributes: { kind: "relu" } },
        { name: "layers", block: "layer", inputs: ["first"], repeat: 2, collect: "hidden_states" },
      ],
      outputs: { result: "layers" },
    };
    const spec = { ...classifier({ hidden_states: [0, 2] }), name: "a-graph" };
    const { plan, cpu, bindings } = await compile(spec, document);
    const model = new GraphModel(
      await openCpuSession({ plan, wasm: cpu }, syntheticWeights([]), { threads: 1 }),
    );
    const output = await model.forward({
      x: { data: new Float32Array(32).fill(-1), shape: [1, 4, 8] },
    });
    await model.dispose();
    for (const name of Object.keys(output)) {
      const property = /\./.test(name) ? JSON.stringify(name) : name;
      expect(bindings).toContain(`  readonly ${property}: sigil.Tensor<readonly [number, 4, 8]>;`);
    }
    expect(Object.keys(output).sort()).toEqual(["hidden_states.0", "hidden_states.2", "result"]);
  });
  it("compile for every set of targets", { timeout: 120_000 }, async () => {
    const root = join(import.meta.dirname, "../..");
    const folder = mkdtempSync(join(root, "build/targets-"));
    try {
      const sets = [
        ["cpu", "webgpu"],
        ["cpu", "cuda"],
        ["webgpu", "cuda"],
        ["cuda", "webgpu", "cpu"],
      ] as const;
      for (const targets of sets)
        for (const [name, text] of Object.entries(
          artifactFiles(await compile({ ...classifier({ emit: "ts" }), targets })),
        ).filter(([path]) => path.endsWith(".ts"))) {
          mkdirSync(join(folder, targets.join("-")), { recursive: true });
          writeFileSync(join(folder, targets.join("-"), name), text);
        }
      writeFileSync(
        join(folder, "use.ts"),
        'import { TwoBirds } from "./cpu-cuda/index.js";\nexport const load = () => ' +
          'TwoBirds.load(undefined as never, { backend: "cuda" });\n// @ts-expect-error it was ' +
          "not compiled for WebGPU\nexport const other = () => TwoBirds.load(undefined as " +
          'never, { backend: "webgpu" });\n',
      );
      writeFileSync(
        join(folder, "tsconfig.json"),
        JSON.stringify({
          extends: "../../tsconfig.base.json",
          compilerOptions: {
            composite: false,
            noEmit: true,
            rewriteRelativeImportExtensions: false,
            types: ["node", "@webgpu/types"],
          },
          include: ["**/*.ts"],
        }),
      );
      const { stdout, status } = spawnSync(
        "node",
        [join(root, "node_modules/typescript/bin/tsc"), "-p", folder],
        { cwd: root, encoding: "utf8" },
      );
      expect([stdout, status]).toEqual(["", 0]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  it("are a pure function of the plan", async () => {
    const [a, b] = [await compile(classifier({})), await compile(classifier({}))];
    expect(a.bindings).toBe(b.bindings);
    expect(JSON.stringify(a.plan)).toBe(JSON.stringify(b.plan));
    expect(writeBindings(a.plan)).toBe(a.bindings);
  });
  it("belong to a module that runs: the asked layers and no others", async () => {
    const { plan, cpu } = await compile(classifier({ hidden_states: [0, 2] }));
    const weights = syntheticWeights(
      Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
    );
    const model = new SiglipForImageClassification(
      await openCpuSession({ plan, wasm: cpu }, weights, { threads: 1 }),
    );
    const output = await model.forward({
      pixelValues: { data: new Float32Array(3 * 16 * 16), shape: [1, 3, 16, 16] },
    });
    expect(Object.keys(output.hiddenStates!)).toEqual(["0", "2"]);
    expect(output).not.toHaveProperty("attentions");
    expect(model.labels).toEqual(["a heron", 'a "stork"']);
    await model.dispose();
  });
});

it("generated/ is what the compiler writes", () => {
  execFileSync("node", [join(import.meta.dirname, "../../scripts/generate.mjs"), "--check"], {
    stdio: "pipe",
  });
});
