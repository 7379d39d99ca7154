/** NaFlex checkpoints in the commands, beside the same model of one resolution. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSafetensors } from "@sigil/runtime";
import { openFileSource, saveSafetensors } from "@sigil/runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtures, goldenCase, outputNames, scaledError } from "../support/golden-cases.ts";
import { shapesFolder, writeNaflexCheckpoint } from "../support/naflex-checkpoint.ts";
import { printed, runSigil } from "../support/sigil.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-naflex-"));
const checkpoint = join(folder, "naflex");
const at = (name: string): string => join(folder, name);
const run = (...args: string[]): Promise<string> => printed(args);
const fails = async (...args: string[]): Promise<string> => {
  const { status, stderr } = await runSigil(args);
  expect(status).not.toBe(0);
  return stderr;
};
beforeAll(() => writeNaflexCheckpoint(checkpoint));
afterAll(() => rmSync(folder, { recursive: true }));

const square = join(shapesFolder, "samples/black-ring.png");
const wide = join(fixtures, "images/source/png-scene-640x480.png");
const labels = ["--labels", "a black ring,a purple diamond,an orange cross"];
interface Found {
  readonly labels: readonly { readonly label: string; readonly score: number }[];
}

describe("sigil run", () => {
  it.each([
    ["naflex-tiny", ["--hidden-states", "--attentions", "--loss"]],
    ["naflex-awkward", ["--backend", "reference"]],
    ["naflex-classify", []],
    ["naflex-headless", []],
  ])(
    "takes and gives tensors under transformers' names: %s",
    async (name, flags) => {
      const golden = await goldenCase(name);
      const { config, seed } = JSON.parse(
        readFileSync(join(fixtures, "models", name, "case.json"), "utf8"),
      );
      const { pixelValues, pixelAttentionMask, spatialShapes } = golden.naflex!;
      const long = ({ data, shape }: { data: Int32Array; shape: readonly number[] }) => ({
        dtype: "I64" as const,
        shape,
        data: BigInt64Array.from(data, BigInt),
      });
      const ids = golden.inputIds;
      const classification = golden.kind === "classification";
      const [spec, weights, inputs, outputs] = ["c.json", "w", "i", "o"].map((part) =>
        at(`${name}-${part}`),
      ) as [string, string, string, string];
      writeFileSync(
        spec,
        JSON.stringify({
          model_type: "siglip2",
          architectures: [
            classification
              ? "Siglip2ForImageClassification"
              : golden.kind === "vision"
                ? "Siglip2VisionModel"
                : "Siglip2Model",
          ],
          ...config,
        }),
      );
      await saveSafetensors(
        inputs,
        new Map<string, { dtype: "F32" | "I64"; shape: readonly number[]; data: ArrayBufferView }>([
          ["pixel_values", { dtype: "F32", ...pixelValues }],
          ["pixel_attention_mask", long(pixelAttentionMask)],
          ["spatial_shapes", long(spatialShapes)],
          ...(classification
            ? [
                [
                  "labels",
                  long({ data: Int32Array.from(golden.labels as number[]), shape: [3] }),
                ] as const,
              ]
            : [
                [
                  "input_ids",
                  long({ data: Int32Array.from(ids.flat()), shape: [ids.length, ids[0]!.length] }),
                ] as const,
              ]),
        ]),
      );
      await run("weights", "--synthetic", String(seed), spec, "--out", weights);
      await run(
        "run",
        spec,
        "--weights",
        weights,
        "--inputs",
        inputs,
        "--outputs",
        outputs,
        ...flags,
      );
      const found = await openSafetensors(await openFileSource(outputs));
      // The bars of the CPU backend's own goldens; logits of pairs are cosines times exp(4.7).
      for (const key of outputNames(golden))
        expect(
          scaledError(await found.readFloat32(key), await golden.outputs.readFloat32(key)),
          key,
        ).toBeLessThan(key.startsWith("logits_per") ? 2e-3 : 1e-5);
      await found.close();
    },
    60_000,
  );
});

describe("pictures of any aspect ratio", () => {
  it("are classified: as by the model of one resolution where they have its grid", async () => {
    const of = async (model: string): Promise<Found[]> =>
      JSON.parse(await run("classify", square, ...labels, "--model", model, "--json"));
    const [naflex, fixed] = [await of(checkpoint), await of(shapesFolder)];
    expect(naflex[0]!.labels.map(({ label }) => label)).toEqual(
      fixed[0]!.labels.map(({ label }) => label),
    );
    naflex[0]!.labels.forEach(({ score }, i) =>
      // float32's rounding in another order, of cosines times a scale of about a hundred.
      expect(score).toBeCloseTo(fixed[0]!.labels[i]!.score, 4),
    );
  });

  it("are embedded together, each as alone, with as many patches as asked for", async () => {
    const embeddings = async (...args: string[]): Promise<number[][]> =>
      (await run("embed", "--model", checkpoint, ...args))
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).embedding);
    const both = await embeddings(square, wide);
    expect(both).toHaveLength(2);
    // The same sums, whatever stands beside them.
    expect((await embeddings(wide))[0]).toEqual(both[1]);
    expect((await embeddings("--text", "a black ring"))[0]).toHaveLength(128);
    const few = (await embeddings(wide, "--max-num-patches", "12"))[0]!;
    expect(few).toHaveLength(128);
    expect(few).not.toEqual(both[1]);
  });

  it("are preprocessed to the three inputs that sigil run takes", async () => {
    const [inputs, outputs] = [at("in.safetensors"), at("out.safetensors")];
    const config = join(checkpoint, "preprocessor_config.json");
    await run(
      "preprocess",
      square,
      wide,
      "--config",
      config,
      "--out",
      inputs,
      "--max-num-patches",
      "20",
    );
    const made = await openSafetensors(await openFileSource(inputs));
    expect([...made.tensors].map(([name, { shape, dtype }]) => [name, dtype, shape])).toEqual([
      ["pixel_attention_mask", "I32", [2, 20]],
      ["pixel_values", "F32", [2, 20, 192]],
      ["spatial_shapes", "I32", [2, 2]],
    ]);
    await made.close();
    const weights = join(checkpoint, "model.safetensors");
    await run("run", checkpoint, "--weights", weights, "--inputs", inputs, "--outputs", outputs);
    const found = await openSafetensors(await openFileSource(outputs));
    expect(found.tensors.get("vision_model_output.last_hidden_state")!.shape).toEqual([2, 20, 128]);
    await found.close();
    expect(
      await fails("preprocess", wide, "--config", config, "--out", inputs, "--size", "8x8"),
    ).toMatch(/--size: a NaFlex image processor cuts pictures of any size into patches/);
  });

  it("have a typed module, which knows its number of patches", async () => {
    const module = at("module");
    await run("compile", checkpoint, "--out", module, "--max-num-patches", "40", "--emit", "ts");
    const text = readFileSync(join(module, "index.ts"), "utf8");
    expect(text).toContain(
      "inputs: sigil.Siglip2VisionInputs<sigil.Tensor<readonly [number, 40, 192]>>",
    );
    expect(text).toContain("readonly lastHiddenState: sigil.Tensor<readonly [number, 40, 128]>");
    expect(text).toContain("extends sigil.Siglip2Model<");
    expect(text).toContain("static readonly maxNumPatches = 40 as const");
    const scores: Found[] = JSON.parse(
      await run(
        "classify",
        wide,
        ...labels,
        "--model",
        module,
        "--checkpoint",
        checkpoint,
        "--json",
      ),
    );
    expect(scores[0]!.labels).toHaveLength(3);
    expect(
      await fails(
        ...["classify", wide, ...labels, "--model", module, "--checkpoint", checkpoint],
        ...["--max-num-patches", "9"],
      ),
    ).toMatch(/--max-num-patches: the number of patches of a compiled module is fixed/);
  });

  it("start a spec that says how many patches there are", async () => {
    await run("init", checkpoint, "--out", at("spec.json"));
    expect(JSON.parse(readFileSync(at("spec.json"), "utf8"))).toMatchObject({
      architecture: "siglip2",
      max_num_patches: 64,
    });
  });
});

it("quantizes, and measures layers on pictures alone", async () => {
  const out = at("int8");
  await run("quantize", checkpoint, "--to", "int8", "--out", out, "--no-measure");
  const found = JSON.parse(
    await run("classify", square, ...labels, "--model", out, "--json"),
  ) as Found[];
  expect(found[0]!.labels[0]!.label).toBe("a black ring");
  const int4 = ["quantize", checkpoint, "--to", "int4", "--out", at("int4")];
  expect(await fails(...int4, "--target-cosine", "0.99")).toMatch(
    /measured on pictures: give --images/,
  );
  expect(existsSync(at("int4"))).toBe(false);
});

it("refuses patches for one resolution, and an image processor of the other kind", async () => {
  expect(await fails("embed", square, "--model", shapesFolder, "--max-num-patches", "9")).toMatch(
    /--max-num-patches: siglip-shapes takes pictures of one size/,
  );
  const odd = at("odd");
  await writeNaflexCheckpoint(odd);
  writeFileSync(
    join(odd, "preprocessor_config.json"),
    readFileSync(join(shapesFolder, "preprocessor_config.json")),
  );
  expect(await fails("embed", square, "--model", odd)).toMatch(
    /image_processor_type of its preprocessor_config.json should be Siglip2ImageProcessor/,
  );
});
