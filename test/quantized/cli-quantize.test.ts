/** `sigil quantize` as one would use it: a checkpoint in, a smaller one out that everything takes. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  openSafetensors,
  syntheticTensor,
  writeSafetensors,
  type WeightSource,
} from "@sigil/runtime";
import { openFileSource } from "@sigil/runtime/node";
import { afterAll, describe, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-quantize-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const shapes = join(fixtures, "checkpoints/siglip-shapes");
const labels = [
  ...["a red circle", "a blue square", "a green triangle", "a yellow star"],
  ...["a pink heart", "a black ring", "a purple diamond", "an orange cross"],
];
const texts = join(folder, "texts.txt");
writeFileSync(texts, labels.map((label) => `This is a photo of ${label}.\n`).join(""));
const pictures = readdirSync(join(shapes, "samples")).map((name) => join(shapes, "samples", name));

const sigil = (...args: readonly string[]) =>
  spawnSync("node", [join(import.meta.dirname, "../../cli/bin/sigil.js"), ...args], {
    cwd: folder,
    encoding: "utf8",
  });

interface Report {
  readonly bytes: { readonly before: number; readonly after: number };
  readonly errors: Readonly<Record<string, number>>;
  readonly kept: {
    readonly images: { readonly least: number };
    readonly texts: { readonly least: number };
    readonly answers: number;
  };
}

function quantize(to: string, out: string, ...more: readonly string[]): Report {
  const { stdout, stderr, status } = sigil(
    ...["quantize", shapes, "--to", to, "--out", out, "--json"],
    ...["--images", ...pictures, "--texts", texts, ...more],
  );
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Report;
}
const opened = async (path: string): Promise<WeightSource> =>
  openSafetensors(await openFileSource(path));

describe("sigil quantize", { timeout: 120_000 }, () => {
  it("int8 keeps every answer of siglip-shapes in little more than a quarter of the bytes", () => {
    const { bytes, kept } = quantize("int8", join(folder, "int8"));
    expect(bytes.after / bytes.before).toBeLessThan(0.28);
    expect(kept.images.least).toBeGreaterThan(0.9998);
    expect(kept.texts.least).toBeGreaterThan(0.9998);
    expect(kept.answers).toBe(pictures.length);
  });

  it("int4 keeps them in a sixth, and the folder classifies like any other", () => {
    const out = join(folder, "int4");
    const { bytes, kept } = quantize("int4", out);
    expect(bytes.after / bytes.before).toBeLessThan(0.18);
    expect(kept.images.least).toBeGreaterThan(0.99);
    expect(kept.texts.least).toBeGreaterThan(0.998);
    expect(kept.answers).toBe(pictures.length);
    const { stdout, stderr } = sigil(
      ...["classify", join(shapes, "samples/red-circle.png"), "--model", out],
      ...["--labels", labels.join(","), "--json"],
    );
    const [first] = JSON.parse(stdout || stderr) as { labels: { label: string }[] }[];
    expect(first!.labels[0]!.label).toBe("a red circle");
    // The tokenizer and the image processor came along.
    expect(readdirSync(out).sort()).toEqual(
      readdirSync(shapes)
        .filter((name) => !["expected.json", "samples"].includes(name))
        .sort(),
    );
  });

  it("a second run keeps what the first has written", () => {
    const out = join(folder, "int8");
    const before = readFileSync(join(out, "model.safetensors"));
    const { errors } = quantize("int8", out);
    expect(Object.keys(errors)).toEqual([]);
    expect(readFileSync(join(out, "model.safetensors")).equals(before)).toBe(true);
  });

  it("what --keep names stays float16", async () => {
    const out = join(folder, "kept");
    quantize("int8", out, "--keep", "*.layers.0.mlp.fc1.weight");
    const { tensors } = await opened(join(out, "model.safetensors"));
    const name = "vision_model.encoder.layers.0.mlp.fc1.weight";
    expect(tensors.get(name)!.dtype).toBe("F16");
    expect(tensors.get(name.replace("fc1", "fc2"))!.dtype).toBe("I8");
  });

  it.each(["nf4", "fp4"] as const)(
    "%s writes what bitsandbytes writes, bit for bit",
    async (to) => {
      // The fixtures' weights are synthetic, of seed 7.
      const golden = join(fixtures, "bitsandbytes", to);
      const from = join(folder, `float32-${to}`);
      cpSync(golden, from, { recursive: true });
      const config = JSON.parse(readFileSync(join(golden, "config.json"), "utf8"));
      delete config.quantization_config;
      writeFileSync(join(from, "config.json"), JSON.stringify(config));
      const expected = await opened(join(golden, "model.safetensors"));
      const float32 = new Map(
        [...expected.tensors]
          .filter(([name]) => !/\.(absmax|quant_map|quant_state\..*)$/.test(name))
          .map(([name, { shape }]) => {
            const state = expected.tensors.has(`${name}.quant_state.bitsandbytes__${to}`);
            return [name, { shape, state }] as const;
          }),
      );
      const tensors: Record<
        string,
        { dtype: "F32"; shape: readonly number[]; data: Float32Array }
      > = {};
      for (const [name, { shape, state }] of float32) {
        const whole = state
          ? (
              JSON.parse(
                new TextDecoder().decode(
                  await expected.read(`${name}.quant_state.bitsandbytes__${to}`),
                ),
              ) as { shape: number[] }
            ).shape
          : shape;
        tensors[name] = { dtype: "F32", shape: whole, data: syntheticTensor(name, whole, 7) };
      }
      writeFileSync(join(from, "model.safetensors"), writeSafetensors(tensors, { format: "pt" }));
      const out = join(folder, to);
      const { status, stderr } = sigil("quantize", from, "--to", to, "--out", out, "--no-measure");
      expect(status, stderr).toBe(0);
      const actual = await opened(join(out, "model.safetensors"));
      expect([...actual.tensors.keys()].sort()).toEqual([...expected.tensors.keys()].sort());
      for (const name of expected.tensors.keys())
        if (!name.includes("quant_state"))
          expect(Buffer.from(await actual.read(name)).equals(await expected.read(name)), name).toBe(
            true,
          );
    },
  );

  it("says what is wrong, and leaves nothing behind", () => {
    const wrong = (pattern: RegExp, ...args: readonly string[]): void => {
      const { status, stderr } = sigil("quantize", ...args);
      expect(status).not.toBe(0);
      expect(stderr).toMatch(pattern);
    };
    const out = join(folder, "nothing");
    wrong(/--to/, shapes, "--out", out);
    wrong(/Allowed choices/, shapes, "--to", "int3", "--out", out);
    wrong(/no matrix of the model/, shapes, "--to", "int8", "--out", out, "--keep", "*.fc9.*");
    wrong(/is the checkpoint itself/, shapes, "--to", "int8", "--out", shapes);
    wrong(/cannot read/, shapes, "--to", "int8", "--out", out, "--texts", "none.txt");
    wrong(/is quantised already/, join(folder, "int8"), "--to", "int4", "--out", out);
    expect(existsSync(out)).toBe(false);
  });
});
