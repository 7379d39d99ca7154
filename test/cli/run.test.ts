/** `sigil weights` and `sigil run`, as one would use them for conformance: files in, files out. */
import { mkdtempSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSafetensors } from "@sigil/runtime";
import { openFileSource, saveSafetensors } from "@sigil/runtime/node";
import { afterAll, describe, expect, it } from "vitest";
import { rmSync } from "node:fs";
import { fixtures, goldenCase, scaledError, type GoldenCase } from "../support/golden-cases.ts";
import { printed, runSigil } from "../support/sigil.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-run-"));
afterAll(() => rmSync(folder, { recursive: true }));

const caseOf = (name: string): { config: object; kind: string; seed: number } =>
  JSON.parse(readFileSync(join(fixtures, "models", name, "case.json"), "utf8"));
const long = (rows: readonly (readonly number[])[]) => ({
  dtype: "I64" as const,
  shape: [rows.length, rows[0]!.length],
  data: BigInt64Array.from(rows.flat().map(BigInt)),
});

async function saveInputs(golden: GoldenCase, file: string): Promise<void> {
  const { pixels, inputIds, attentionMask, positionIds, labels, kind } = golden;
  const indices = labels?.every((label) => typeof label === "number") ? labels : undefined;
  await saveSafetensors(
    file,
    new Map<string, { dtype: "F32" | "I64"; shape: readonly number[]; data: ArrayBufferView }>([
      ["pixel_values", { dtype: "F32", ...pixels }],
      ...(kind === "joint" ? [["input_ids", long(inputIds)] as const] : []),
      ...(attentionMask ? [["attention_mask", long(attentionMask)] as const] : []),
      ...(positionIds ? [["position_ids", long(positionIds)] as const] : []),
      ...(indices
        ? [
            [
              "labels",
              {
                dtype: "I64" as const,
                shape: [indices.length],
                data: BigInt64Array.from(indices.map(BigInt)),
              },
            ] as const,
          ]
        : []),
    ]),
  );
}

describe("sigil run", () => {
  const options: Record<string, string[]> = {
    tiny: ["--hidden-states", "--attentions"],
    "tiny-mask": ["--hidden-states", "--attentions", "--backend", "reference"],
    "tiny-interpolate": ["--interpolate", "--hidden-states", "--attentions"],
    "tiny-loss": ["--loss"],
    "tiny-headless": [],
    "tiny-classify-single": [],
  };
  for (const [name, flags] of Object.entries(options))
    it(`writes what transformers returns: ${[name, ...flags].join(" ")}`, async () => {
      const golden = await goldenCase(name);
      const { config, kind, seed } = caseOf(name);
      const [spec, weights, inputs, outputs] = [
        "config.json",
        "weights.safetensors",
        "in.safetensors",
        "out.safetensors",
      ].map((file) => join(folder, `${name}-${file}`)) as [string, string, string, string];
      writeFileSync(
        spec,
        JSON.stringify({
          model_type: "siglip",
          ...config,
          ...(kind === "classification" && { architectures: ["SiglipForImageClassification"] }),
        }),
      );
      await saveInputs(golden, inputs);
      await printed(["weights", "--synthetic", String(seed), spec, "--out", weights]);
      await printed([
        "run",
        spec,
        "--weights",
        weights,
        "--inputs",
        inputs,
        "--outputs",
        outputs,
        ...flags,
      ]);
      const found = await openSafetensors(await openFileSource(outputs));
      const names = [...golden.outputs.tensors.keys()].filter((key) => !key.startsWith("input."));
      expect(names.filter((key) => !found.tensors.has(key))).toEqual([]);
      // The bars of the CPU backend's own goldens; logits are cosines times exp(4.7).
      for (const key of names)
        expect(
          scaledError(await found.readFloat32(key), await golden.outputs.readFloat32(key)),
          key,
        ).toBeLessThan(key.startsWith("logits") ? 2e-3 : 1e-5);
      await found.close();
    }, 60_000);

  it("takes bytes for a spec that wants them: the bits that normalising them first would give, " +
    "but for rounding", async () => {
    const { spec } = await goldenCase("tiny");
    const [height, width] = [
      spec.config.vision_config!.image_size,
      spec.config.vision_config!.image_size,
    ];
    const [bytes, floats, weights, inputs] = [
      "bytes.json",
      "floats.json",
      "bytes-weights.safetensors",
      "bytes-in.safetensors",
    ].map((file) => join(folder, file)) as [string, string, string, string];
    const document = {
      name: "tiny",
      architecture: "siglip",
      outputs: ["pooler_output"],
      config: caseOf("tiny").config,
    };
    writeFileSync(
      bytes,
      JSON.stringify({ ...document, pixels: "uint8", image_mean: [0.5, 0.25, 0.75] }),
    );
    writeFileSync(floats, JSON.stringify(document));
    await printed(["weights", "--synthetic", "3", floats, "--out", weights]);
    const data = Uint8Array.from(
      { length: height * width * 3 },
      (_, i) => Math.imul(i + 1, 2654435761) >>> 24,
    );
    const normalised = Float32Array.from(
      data,
      (_, i) =>
        (data[(i % (height * width)) * 3 + Math.floor(i / (height * width))]! / 255 -
          [0.5, 0.25, 0.75][Math.floor(i / (height * width))]!) /
        0.5,
    );
    const outputOf = async (
      file: string,
      pixels: { dtype: "U8" | "F32"; shape: readonly number[]; data: ArrayBufferView },
      backend: string,
    ) => {
      await saveSafetensors(inputs, new Map([["pixel_values", pixels]]));
      await printed([
        "run",
        file,
        "--weights",
        weights,
        "--inputs",
        inputs,
        "--outputs",
        join(folder, "bytes-out.safetensors"),
        "--backend",
        backend,
      ]);
      const found = await openSafetensors(
        await openFileSource(join(folder, "bytes-out.safetensors")),
      );
      return found.readFloat32("vision_model_output.pooler_output").finally(() => found.close());
    };
    const expected = await outputOf(
      floats,
      { dtype: "F32", shape: [1, 3, height, width], data: normalised },
      "cpu",
    );
    for (const backend of ["cpu", "reference"])
      expect(
        scaledError(
          await outputOf(bytes, { dtype: "U8", shape: [1, height, width, 3], data }, backend),
          expected,
        ),
        backend,
      ).toBeLessThan(1e-5);
  }, 120_000);

  it("names what is wrong with the inputs and leaves no output behind", async () => {
    const golden = await goldenCase("tiny");
    const spec = join(folder, "bad.json");
    writeFileSync(spec, JSON.stringify({ model_type: "siglip", ...caseOf("tiny").config }));
    await printed([
      "weights",
      "--synthetic",
      "0",
      spec,
      "--out",
      join(folder, "bad-weights.safetensors"),
    ]);
    const attempt = async (change: (golden: GoldenCase) => GoldenCase) => {
      await saveInputs(change(golden), join(folder, "bad-in.safetensors"));
      const result = await runSigil([
        "run",
        spec,
        "--weights",
        join(folder, "bad-weights.safetensors"),
        "--inputs",
        join(folder, "bad-in.safetensors"),
        "--outputs",
        join(folder, "bad-out.safetensors"),
      ]);
      expect(existsSync(join(folder, "bad-out.safetensors"))).toBe(false);
      return [result.status, result.stderr];
    };
    const ids = golden.inputIds;
    expect(
      await attempt((g) => ({ ...g, inputIds: ids.map((row) => row.map(() => 1000)) })),
    ).toEqual([
      1,
      expect.stringContaining("input_ids: expected integers from 0 to 999, received 1000"),
    ]);
    expect(
      await attempt((g) => ({ ...g, attentionMask: ids.map((row) => row.map(() => 0)) })),
    ).toEqual([1, expect.stringContaining("attention_mask: row 0 masks every token")]);
    expect(
      await attempt((g) => ({ ...g, positionIds: ids.map((row) => row.map(() => 16)) })),
    ).toEqual([1, expect.stringContaining("position_ids: expected integers from 0 to 15")]);
    expect(await attempt((g) => ({ ...g, inputIds: ids.map((row) => [...row, 1]) }))).toEqual([
      1,
      expect.stringContaining("at most 16 ids per text (max_position_embeddings)"),
    ]);
    expect(
      await attempt((g) => ({
        ...g,
        pixels: { data: new Float32Array(3 * 40 * 40), shape: [1, 3, 40, 40] },
      })),
    ).toEqual([1, expect.stringContaining("interpolate_pos_encoding")]);
    expect(readdirSync(folder).filter((file) => file.endsWith(".tmp"))).toEqual([]);
  }, 60_000);
});
