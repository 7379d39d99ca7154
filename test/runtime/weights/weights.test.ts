import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  bfloat16ToFloat32,
  bindWeights,
  blobSource,
  bufferSource,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
  openSafetensors,
  openShardedSafetensors,
  syntheticTensor,
  syntheticWeights,
  uniform,
  urlSource,
  WeightsError,
  widenBfloat16,
  widenFloat16,
  withPrefixes,
  writeSafetensors,
} from "@sigil/runtime/internal";
import {
  openCheckpoint,
  openFileSource,
  SafetensorsWriter,
  saveSafetensors,
} from "@sigil/runtime/node";
import { describe, expect, test } from "vitest";

const fixtures = fileURLToPath(new URL("../../fixtures/", import.meta.url));
const tinyPath = join(fixtures, "models/tiny/outputs.safetensors");
const temporary = () => mkdtempSync(join(tmpdir(), "sigil-weights-"));
const table = (name: string, rows: number) =>
  writeSafetensors({
    [name]: {
      dtype: "F32",
      shape: [rows, 3],
      data: Float32Array.from({ length: rows * 3 }, (_, i) => i),
    },
  });

describe("float conversions", () => {
  test("all 65536 values of both formats survive the way to float32 and back", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const half = widenFloat16(bits);
    const brain = widenBfloat16(bits);
    let wrong = 0;
    for (let i = 0; i < 65536; i++) {
      const nan = (value: number, back: number) => Number.isNaN(value) && Number.isNaN(back);
      const h = float32ToFloat16(half[i]!);
      const b = float32ToBfloat16(brain[i]!);
      if (h !== i && !nan(half[i]!, float16ToFloat32(h))) wrong++;
      if (b !== i && !nan(brain[i]!, bfloat16ToFloat32(b))) wrong++;
    }
    expect(wrong).toBe(0);
  });

  test("rounding is to nearest, ties to even", () => {
    let wrong = 0;
    for (let i = 0; i < 0x7bff; i++) {
      const middle = (float16ToFloat32(i) + float16ToFloat32(i + 1)) / 2;
      if (float32ToFloat16(middle) !== (i % 2 === 0 ? i : i + 1)) wrong++;
    }
    for (let i = 0x80; i < 0x7f7f; i++) {
      const middle = (bfloat16ToFloat32(i) + bfloat16ToFloat32(i + 1)) / 2;
      if (float32ToBfloat16(middle) !== (i % 2 === 0 ? i : i + 1)) wrong++;
    }
    expect(wrong).toBe(0);
    expect([65519, 65520, -65520, 2 ** -25, -(2 ** -25) * 1.5].map(float32ToFloat16)).toEqual([
      0x7bff, 0x7c00, 0xfc00, 0, 0x8001,
    ]);
  });
});

// Bits of the last four values, from the reference implementation in numpy.
const synthetic: [string, number[], number, number[]][] = [
  ["vision_model.head.probe", [1, 1, 8], 7, [3181522616, 1053022576, 1049703470, 3202805800]],
  [
    "text_model.embeddings.token_embedding.weight",
    [4, 3],
    1,
    [3183482080, 1056618644, 3197687998, 1052169496],
  ],
  [
    "vision_model.embeddings.patch_embedding.weight",
    [2, 3, 2, 2],
    0,
    [3182393472, 995678976, 1054249830, 1044174232],
  ],
  [
    "vision_model.encoder.layers.0.self_attn.q_proj.bias",
    [4],
    3,
    [1003913907, 1005689139, 992933028, 1013561610],
  ],
  ["vision_model.post_layernorm.weight", [4], 3, [1066119542, 1065441723, 1063995240, 1064320656]],
  ["logit_scale", [1], 0, [1083598438]],
  ["logit_bias", [1], 0, [3242196992]],
  [
    "vision_model.head.attention.in_proj_weight",
    [6, 2],
    5,
    [3214232993, 1063152140, 3197063800, 1062432005],
  ],
];

describe("synthetic weights", () => {
  test.each(synthetic)("%s %j seed %d", (name, shape, seed, bits) => {
    expect([...new Uint32Array(syntheticTensor(name, shape, seed).buffer)].slice(-4)).toEqual(bits);
  });

  test("a million values, by their hash", () => {
    const values = syntheticTensor("text_model.encoder.layers.0.mlp.fc1.weight", [1000, 1000], 11);
    expect(createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex")).toBe(
      "5f21be0e08eb4eae9321f8ef5839c420f4fcdefae962c2283a38c4e1d0ab9ecd",
    );
    expect([...new Uint32Array(uniform("input.pixel_values", 3, 0).buffer)]).toEqual([
      3206264046, 1060497084, 3201418500,
    ]);
  });

  test("rows equal those of the whole tensor", async () => {
    const name = "text_model.embeddings.token_embedding.weight";
    const source = syntheticWeights([{ name, shape: [50, 4] }], 3);
    const whole = await source.readFloat32(name);
    expect(await source.readRowsFloat32(name, [49, 0, 49])).toEqual(
      Float32Array.from([49, 0, 49].flatMap((row) => [...whole.subarray(row * 4, row * 4 + 4)])),
    );
  });
});

function damaged(header: unknown, data = 8): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const out = new Uint8Array(8 + json.length + data);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  return out;
}
const entry = (shape: unknown, offsets: unknown, dtype: unknown = "F32") => ({
  dtype,
  shape,
  data_offsets: offsets,
});
const huge = new Uint8Array(16).fill(0xff);

describe("damaged files", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["empty", new Uint8Array(0), /truncated/],
    ["oversized header", huge, /oversized/],
    [
      "cut header",
      damaged({ a: entry([2], [0, 8]) }).subarray(0, 20),
      /truncated inside its header/,
    ],
    ["cut data", damaged({ a: entry([2], [0, 8]) }, 4), /past the end/],
    ["bad JSON", damaged("{nope"), /not JSON/],
    ["bad UTF-8", damaged("{}").fill(0xff, 8, 9), /not JSON/],
    ["not an object", damaged("[]", 0), /not an object/],
    [
      "duplicate name",
      damaged(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
          '"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
      ),
      /"a".*twice/,
    ],
    ["unknown dtype", damaged({ a: entry([2], [0, 8], "F31") }), /unknown dtype/],
    ["inherited dtype", damaged({ a: entry([2], [0, 8], "toString") }), /unknown dtype/],
    ["negative shape", damaged({ a: entry([-2], [0, 8]) }), /malformed shape/],
    ["overflowing shape", damaged({ a: entry([2 ** 40, 2 ** 40], [0, 8]) }), /contradict/],
    ["lying offsets", damaged({ a: entry([3], [0, 8]) }), /contradict/],
    ["reversed offsets", damaged({ a: entry([2], [8, 0]) }), /malformed data_offsets/],
    ["overlap", damaged({ a: entry([2], [0, 8]), b: entry([1], [4, 8]) }), /overlaps/],
    ["gap", damaged({ a: entry([1], [4, 8]) }), /gap/],
    ["unowned bytes", damaged({ a: entry([1], [0, 4]) }), /belong to no tensor/],
    ["bad metadata", damaged({ __metadata__: { a: 1 } }, 0), /__metadata__/],
  ])("%s", async (_, bytes, message) => {
    const error = await openSafetensors(bufferSource(bytes, "x.safetensors")).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(WeightsError);
    expect((error as WeightsError).file).toBe("x.safetensors");
    expect((error as WeightsError).message).toMatch(message);
  });
});

describe("sources", () => {
  test(
    "a file that PyTorch wrote reads the same from file, buffer " +
      "and Blob, and survives writing",
    async () => {
      const bytes = new Uint8Array(readFileSync(tinyPath));
      const file = await openSafetensors(await openFileSource(tinyPath));
      const blob = await openSafetensors(blobSource(new Blob([bytes])));
      const buffer = await openSafetensors(bufferSource(bytes));
      const copy = await openSafetensors(
        bufferSource(
          writeSafetensors(
            new Map(
              await Promise.all(
                [...buffer.tensors].map(
                  async ([name, info]) =>
                    [name, { ...info, data: await buffer.read(name) }] as const,
                ),
              ),
            ),
          ),
        ),
      );
      expect(file.tensors.size).toBeGreaterThan(5);
      for (const name of file.tensors.keys()) {
        const expected = await file.read(name);
        for (const other of [blob, buffer, copy])
          expect(Buffer.compare(await other.read(name), expected)).toBe(0);
      }
      await file.close();
    },
  );

  test("rows are gathered by few short reads, then from the cache", async () => {
    const inner = bufferSource(table("t", 100_000));
    const reads: number[] = [];
    const source = await openSafetensors({
      ...inner,
      read: (at, length, signal) => (reads.push(length), inner.read(at, length, signal)),
    });
    reads.length = 0;
    for (let again = 0; again < 2; again++) {
      expect([...(await source.readRowsFloat32("t", [99_999, 5, 4, 5]))]).toEqual([
        299_997, 299_998, 299_999, 15, 16, 17, 12, 13, 14, 15, 16, 17,
      ]);
    }
    expect(reads).toEqual([24, 12]);
    await expect(source.readRowsFloat32("t", [100_000])).rejects.toThrow(/rows 0 to 99999.*100000/);
    await expect(source.readFloat32("tt")).rejects.toThrow(/nearest is "t"/);
  });

  test.each(["range", "ignored", "missing"])("URL: %s", async (mode) => {
    const bytes = table("t", 4);
    const server = createServer((request, response) => {
      const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "");
      if (mode === "missing") return void response.writeHead(404).end();
      if (mode === "ignored" || range === null) return void response.end(bytes);
      const [begin, end] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
      response
        .writeHead(206, { "Content-Range": `bytes ${begin}-${end}/${bytes.length}` })
        .end(bytes.subarray(begin, end + 1));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    try {
      const warnings: string[] = [];
      const opened = openSafetensors(
        urlSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}/m`, {
          onWarning: ({ code }) => warnings.push(code),
        }),
      );
      if (mode === "missing") await expect(opened).rejects.toThrow(/refused.*404/);
      else expect([...(await (await opened).readRowsFloat32("t", [3]))]).toEqual([9, 10, 11]);
      expect(warnings).toEqual(mode === "ignored" ? ["no-range"] : []);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  test("shards, and an index that lies", async () => {
    const shards: Record<string, Uint8Array> = {
      "1.safetensors": table("a", 1),
      "2.safetensors": table("b", 2),
    };
    const open = (weight_map: Record<string, string>) =>
      openShardedSafetensors({ weight_map }, (file) => bufferSource(shards[file]!, file));
    const source = await open({ a: "1.safetensors", b: "2.safetensors" });
    expect([...(await source.readRowsFloat32("b", [1]))]).toEqual([3, 4, 5]);
    await expect(open({ a: "2.safetensors" })).rejects.toThrow(
      /2\.safetensors.*"a".*no such tensor/,
    );
    await expect(open({ a: "../1.safetensors" })).rejects.toThrow(/bad shard/);
  });
});

describe("names and shapes", () => {
  test("either prefix convention is found", async () => {
    const bare = syntheticWeights([{ name: "head.weight", shape: [2, 2] }]);
    const towers = syntheticWeights([{ name: "text_model.head.weight", shape: [2, 2] }]);
    const text = withPrefixes(bare, ["text_model.head.weight"]);
    expect([...text.tensors.keys()]).toEqual(["text_model.head.weight"]);
    expect(await text.readFloat32("text_model.head.weight")).toEqual(
      await bare.readFloat32("head.weight"),
    );
    expect(await withPrefixes(towers, ["head.weight"]).readFloat32("head.weight")).toEqual(
      await towers.readFloat32("text_model.head.weight"),
    );
    expect(withPrefixes(bare, ["text_model.head.weight", "vision_model.head.weight"])).toBe(bare);
  });

  test("all faults at once of another model's checkpoint, soon, without guesses", {
    timeout: 10_000,
  }, () => {
    const names = Array.from(
      { length: 800 },
      (_, i) => `vision_model.encoder.layers.${i >> 3}.self_attn.${"abcdefgh"[i % 8]}_proj.weight`,
    );
    const other = syntheticWeights(
      names.map((name) => ({
        name: name.replace("vision_model.encoder.layers", "visual.transformer.resblocks"),
        shape: [2],
      })),
    );
    expect(() =>
      bindWeights(
        other,
        names.map((name) => ({ name, shape: [2] })),
      ),
    ).toThrow(
      expect.objectContaining({
        issues: expect.toSatisfy(
          (issues: string[]) =>
            issues.length === 1600 && !issues.some((issue) => issue.includes("; the ")),
        ),
      }),
    );
  });

  test("all faults at once, with the nearest names", () => {
    const source = syntheticWeights([
      { name: "a.wieght", shape: [2] },
      { name: "b.bias", shape: [3] },
      { name: "e.position_ids", shape: [1] },
      { name: "loss.x", shape: [1] },
    ]);
    const bind = () =>
      bindWeights(
        source,
        [
          { name: "a.weight", shape: [2] },
          { name: "b.bias", shape: [4] },
        ],
        { ignore: (name) => name === "loss.x" },
      );
    expect(bind).toThrow(WeightsError);
    try {
      bind();
    } catch (error) {
      expect((error as WeightsError).issues).toEqual([
        'missing "a.weight" [2]; the file has "a.wieght"',
        'misshapen "b.bias": expected [4], received [3]',
        'unexpected "a.wieght"; the model has "a.weight"',
      ]);
    }
  });
});

describe("saving", () => {
  test("a failed save leaves the old file and nothing else", async () => {
    const folder = temporary();
    const path = join(folder, "m.safetensors");
    const good = { a: { dtype: "BF16", shape: [2], data: Float32Array.of(1, -2) } } as const;
    await saveSafetensors(path, good, { format: "pt" });
    const before = readFileSync(path);
    expect(Buffer.compare(before, writeSafetensors(good, { format: "pt" }))).toBe(0);
    await expect(saveSafetensors(path, { a: { ...good.a, shape: [3] } })).rejects.toThrow(
      /6 bytes.*4 bytes/,
    );
    const writer = await SafetensorsWriter.create(path, [["a", { dtype: "F32", shape: [1] }]]);
    await expect(writer.finish()).rejects.toThrow(/incomplete/);
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(folder)).toEqual(["m.safetensors"]);
  });

  test("checkpoint folders: a whole one, a sharded one, an incomplete one", async () => {
    const shapes = await openCheckpoint(join(fixtures, "checkpoints/siglip-shapes"), {
      require: ["spiece.model"],
    });
    expect(shapes.weights.tensors.has("logit_scale")).toBe(true);
    expect(shapes.preprocessorConfig).toBeDefined();
    expect(shapes.tokenizerJson).toBeUndefined();
    await shapes.close();

    const folder = temporary();
    await expect(openCheckpoint(folder, { require: ["tokenizer.json"] })).rejects.toThrow(
      /model\.safetensors[^]*config\.json[^]*tokenizer\.json/,
    );
    // As Python writes what it cannot count.
    writeFileSync(join(folder, "config.json"), '{"best":Infinity}');
    mkdirSync(join(folder, "s"));
    writeFileSync(join(folder, "s", "1.safetensors"), table("a", 1));
    writeFileSync(
      join(folder, "model.safetensors.index.json"),
      JSON.stringify({ weight_map: { a: "s/1.safetensors" } }),
    );
    const sharded = await openCheckpoint(folder);
    expect(sharded.config).toEqual({ best: Infinity });
    expect([...(await sharded.weights.readFloat32("a"))]).toEqual([0, 1, 2]);
    await sharded.close();
    writeFileSync(join(folder, "config.json"), "{");
    await expect(openCheckpoint(folder)).rejects.toThrow(/config\.json.*not readable JSON/);
  });
});
