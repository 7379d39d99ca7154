/**
 * `sigil quantize` as one would use it: a checkpoint in, a smaller one out that everything takes.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
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
import { basename, join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { bufferSource } from "@sigil/runtime";
import {
  openSafetensors,
  syntheticTensor,
  writeSafetensors,
  type TensorToWrite,
  type WeightSource,
} from "@sigil/runtime/internal";
import { decodeImage } from "@sigil/runtime/node";
import { afterAll, describe, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { writeNaflexCheckpoint } from "../support/naflex-checkpoint.ts";
import { requires } from "../support/require.ts";
import { runSigil } from "../support/sigil.ts";

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

const sigil = (...args: readonly string[]) => runSigil(args, { cwd: folder });

interface Report {
  readonly bytes: { readonly before: number; readonly after: number };
  readonly errors: Readonly<Record<string, number>>;
  readonly kept: {
    readonly images: { readonly least: number };
    readonly texts: { readonly least: number };
    readonly answers: number;
  };
}

async function quantize(to: string, out: string, ...more: readonly string[]): Promise<Report> {
  const { stdout, stderr, status } = await sigil(
    ...["quantize", shapes, "--to", to, "--out", out, "--json"],
    ...["--images", ...pictures, "--texts", texts, ...more],
  );
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Report;
}
const opened = (path: string): Promise<WeightSource> =>
  openSafetensors(bufferSource(readFileSync(path)));

/** A picture mirrored, upside down and in other colours, as files. */
async function variations(path: string): Promise<string[]> {
  const { data, width, height, channels } = await decodeImage(path);
  const colours = [
    [1, 2, 0],
    [2, 0, 1],
  ];
  return colours.flatMap((order, c) =>
    [0, 1, 2].map((turn) => {
      const rgb = new Uint8Array(3 * width * height);
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          for (let k = 0; k < 3; k++) {
            const [fromX, fromY] = [turn & 1 ? width - 1 - x : x, turn & 2 ? height - 1 - y : y];
            rgb[3 * (y * width + x) + k] = Number(
              data[channels * (fromY * width + fromX) + order[k]!],
            );
          }
      const file = join(folder, `${basename(path, ".png")}-${c}-${turn}.png`);
      writeFileSync(file, png(rgb, width, height));
      return file;
    }),
  );
}

/** Twice as wide as high, as far as the picture is square. */
async function upperHalf(path: string): Promise<string> {
  const { data, width, height, channels } = await decodeImage(path);
  const half = height >> 1;
  const rgb = Uint8Array.from({ length: 3 * width * half }, (_, i) =>
    Number(data[channels * Math.floor(i / 3) + (i % 3)]),
  );
  const file = join(folder, `${basename(path, ".png")}-half.png`);
  writeFileSync(file, png(rgb, width, half));
  return file;
}

function png(rgb: Uint8Array, width: number, height: number): Buffer {
  const chunk = (type: string, content: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), content]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const lines = Buffer.concat(
    Array.from({ length: height }, (_, y) =>
      Buffer.concat([Buffer.of(0), rgb.subarray(3 * width * y, 3 * width * (y + 1))]),
    ),
  );
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

describe("sigil quantize", { timeout: 120_000 }, () => {
  it("int8 keeps every answer of siglip-shapes in about a quarter of the bytes", async () => {
    const { bytes, kept } = await quantize("int8", join(folder, "int8"));
    expect(bytes.after / bytes.before).toBeLessThan(0.28);
    expect(kept.images.least).toBeGreaterThan(0.9998);
    expect(kept.texts.least).toBeGreaterThan(0.9998);
    expect(kept.answers).toBe(pictures.length);
  });

  it("int4 keeps them in a sixth, and the folder classifies like any other", async () => {
    const out = join(folder, "int4");
    const { bytes, kept } = await quantize("int4", out);
    expect(bytes.after / bytes.before).toBeLessThan(0.18);
    expect(kept.images.least).toBeGreaterThan(0.99);
    expect(kept.texts.least).toBeGreaterThan(0.998);
    expect(kept.answers).toBe(pictures.length);
    const { stdout, stderr } = await sigil(
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

  it.skipIf(!requires("slow"))(
    "int4 calibrated on other pictures keeps more of these, and more still for a target",
    async () => {
      const others = (await Promise.all(pictures.map((path) => variations(path)))).flat();
      const measured = async (
        out: string,
        ...more: readonly string[]
      ): Promise<Report & { raised: string[] }> => {
        const { stdout, stderr, status } = await sigil(
          ...["quantize", shapes, "--to", "int4", "--out", join(folder, out), "--json"],
          ...["--images", ...pictures, "--texts", texts, ...more],
        );
        expect(status, stderr).toBe(0);
        return JSON.parse(stdout) as Report & { raised: string[] };
      };
      const plain = await measured("plain");
      const calibrated = await measured("calibrated", "--calibrate", ...others);
      expect(calibrated.kept.images.least).toBeGreaterThan(0.99);
      expect(1 - calibrated.kept.images.least).toBeLessThan(0.8 * (1 - plain.kept.images.least));
      expect(1 - calibrated.kept.texts.least).toBeLessThan(0.8 * (1 - plain.kept.texts.least));
      const raised = await measured("raised", "--calibrate", ...others, "--target-cosine", "0.999");
      expect(raised.kept.images.least).toBeGreaterThan(0.999);
      expect(raised.raised[0]).toBe("vision_model.encoder.layers.0.*");
    },
  );

  it.skipIf(!requires("slow"))("a NaFlex checkpoint is calibrated on wide pictures", async () => {
    const naflex = join(folder, "naflex");
    await writeNaflexCheckpoint(naflex);
    const wide = await Promise.all(pictures.map((path) => upperHalf(path)));
    const others = (await Promise.all(wide.map((path) => variations(path)))).flat();
    const least = async (out: string, ...more: readonly string[]): Promise<number> => {
      const { stdout, stderr, status } = await sigil(
        ...["quantize", naflex, "--to", "int4", "--out", join(folder, out), "--json"],
        ...["--images", ...wide, "--texts", texts, ...more],
      );
      expect(status, stderr).toBe(0);
      return (JSON.parse(stdout) as Report).kept.images.least;
    };
    const plain = await least("naflex-plain");
    const calibrated = await least("naflex-calibrated", "--calibrate", ...others);
    expect(1 - calibrated).toBeLessThan(0.8 * (1 - plain));
    const raised = await least("naflex-raised", "--target-cosine", "0.998");
    expect(raised).toBeGreaterThan(0.998);
  });

  it("int4 with zero points keeps them too, and the CPU agrees with the oracle", async () => {
    const out = join(folder, "zero-points");
    const { bytes, kept } = await quantize("int4", out, "--zero-points", "--group", "64");
    expect(bytes.after / bytes.before).toBeLessThan(0.18);
    expect(kept.images.least).toBeGreaterThan(0.99);
    expect(kept.texts.least).toBeGreaterThan(0.998);
    expect(kept.answers).toBe(pictures.length);
    // Of the checkpoint, and of floats that are quantised when they are loaded.
    for (const weights of [["--weights", join(out, "model.safetensors")], []]) {
      const { stdout, stderr, status } = await sigil(
        "parity",
        out,
        "--backends",
        "cpu",
        ...weights,
      );
      expect(status, stderr).toBe(0);
      expect(stdout).toMatch(/siglip-scores/);
    }
  });

  it("raises what costs most, which is measured", async () => {
    // A large weight in each group spoils the scales of a layer that is not the first.
    const spoiled = join(folder, "spoiled");
    cpSync(shapes, spoiled, { recursive: true });
    const source = await opened(join(shapes, "model.safetensors"));
    const tensors = new Map<string, TensorToWrite>();
    for (const [name, { dtype, shape }] of source.tensors) {
      const data = new Uint8Array(await source.read(name));
      tensors.set(name, { dtype, shape, data });
      if (!/vision.*layers\.3\.(mlp|self_attn).*\.weight$/.test(name)) continue;
      const values = await source.readFloat32(name);
      tensors.set(name, { dtype: "F32", shape, data: values.map((x, i) => (i % 32 ? x : 6 * x)) });
    }
    await source.close();
    writeFileSync(join(spoiled, "model.safetensors"), writeSafetensors(tensors));
    const { stdout, stderr } = await sigil(
      ...["quantize", spoiled, "--to", "int4", "--out", join(folder, "spoiled-int4"), "--json"],
      ...["--images", ...pictures, "--texts", texts, "--target-cosine", "0.996"],
    );
    const { raised, kept } = JSON.parse(stdout || stderr) as Report & { raised: string[] };
    expect(raised[0]).toBe("vision_model.encoder.layers.3.*");
    expect(kept.images.least).toBeGreaterThan(0.996);
  });

  it("a second run keeps what the first has written", async () => {
    const out = join(folder, "int8");
    const before = readFileSync(join(out, "model.safetensors"));
    const { errors } = await quantize("int8", out);
    expect(Object.keys(errors)).toEqual([]);
    expect(readFileSync(join(out, "model.safetensors")).equals(before)).toBe(true);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s leaves no half of a file", async (signal, status) => {
    const out = join(folder, signal);
    const child = spawn(process.execPath, [
      ...[join(import.meta.dirname, "../../cli/bin/sigil.js"), "quantize", shapes],
      ...["--to", "int4", "--no-measure", "--out", out],
    ]);
    const ended = once(child, "exit");
    await expect
      .poll(() => existsSync(out) && readdirSync(out).join(), { interval: 1, timeout: 20_000 })
      .toMatch(/\.tmp$/);
    child.kill(signal);
    expect(await ended).toEqual([status, null]);
    expect(readdirSync(out)).toEqual([]);
  });

  it("what --keep names stays float16", async () => {
    const out = join(folder, "kept");
    await quantize("int8", out, "--keep", "*.layers.0.mlp.fc1.weight");
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
      const { status, stderr } = await sigil(
        "quantize",
        from,
        "--to",
        to,
        "--out",
        out,
        "--no-measure",
      );
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

  it("says what is wrong, and leaves nothing behind", async () => {
    const wrong = async (pattern: RegExp, ...args: readonly string[]): Promise<void> => {
      const { status, stderr } = await sigil("quantize", ...args);
      expect(status).not.toBe(0);
      expect(stderr).toMatch(pattern);
    };
    const out = join(folder, "nothing");
    await wrong(/--to/, shapes, "--out", out);
    await wrong(/Allowed choices/, shapes, "--to", "int3", "--out", out);
    await wrong(
      /no matrix of the model/,
      shapes,
      "--to",
      "int8",
      "--out",
      out,
      "--keep",
      "*.fc9.*",
    );
    await wrong(/is the checkpoint itself/, shapes, "--to", "int8", "--out", shapes);
    await wrong(/cannot read/, shapes, "--to", "int8", "--out", out, "--texts", "none.txt");
    await wrong(/argument missing/, shapes, "--to", "int4", "--out", out, "--calibrate");
    await wrong(
      /only int4 can be calibrated/,
      shapes,
      "--to",
      "int8",
      "--out",
      out,
      "--calibrate",
      "x.png",
    );
    await wrong(/--zero-points: only int4/, shapes, "--to", "int8", "--out", out, "--zero-points");
    await wrong(/none\.png/, shapes, "--to", "int4", "--out", out, "--calibrate", "none.png");
    const naflex = join(folder, "naflex-alone");
    await writeNaflexCheckpoint(naflex);
    await wrong(
      /measured on pictures: give --images/,
      ...[naflex, "--to", "int4", "--out", out, "--target-cosine", "0.99"],
    );
    await wrong(/is already quantised/, join(folder, "int8"), "--to", "int4", "--out", out);
    await wrong(/Allowed choices/, shapes, "--to", "int4", "--out", out, "--group", "24");
    expect(existsSync(out)).toBe(false);
  });

  it.skipIf(process.platform === "win32")("leaves no half of a file on a full disk", () => {
    // A limit of 150 kB for each file; writing past it fails as on a disk that has no more.
    const out = join(folder, "full");
    const args = ["quantize", shapes, "--to", "int8", "--out", out, "--no-measure"];
    const { status, stderr } = spawnSync(
      "bash",
      [
        "-c",
        'ulimit -f 150; exec node "$@"',
        "bash",
        join(import.meta.dirname, "../../cli/bin/sigil.js"),
        ...args,
      ],
      { encoding: "utf8" },
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/model\.safetensors: cannot be written: EFBIG/);
    expect(readdirSync(out)).toEqual([]);
  });
});
