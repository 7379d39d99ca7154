import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { EmulatedModule, type TensorMapOptions } from "./emulated.ts";

const source = readFileSync(join(import.meta.dirname, "../../bench/gpu/units/copies.cuh"), "utf8");

const spans = { none: 0, "32": 32, "64": 64, "128": 128 } as const;

describe.skipIf(!hostCompiler)(`tensor copies ${needsGxx}`, () => {
  const build = (fault: number): Promise<EmulatedModule> =>
    EmulatedModule.build({ copies: `#define FAULT ${fault}\n${source}` }, { checked: true });
  const built = hostCompiler && build(0);

  /**
   * What a box of 16-bit elements should look like in shared memory: numbers of elements, 0 outside
   * the tensor, exchanged as the swizzle says.
   */
  const boxInShared = (
    { sizes, box, swizzle = "none" }: TensorMapOptions,
    at: readonly number[],
    element: (index: readonly number[]) => number,
  ): Uint16Array => {
    const result = new Uint16Array(box.reduce((x, y) => x * y));
    for (let i = 0; i < result.length; i++) {
      let rest = i;
      const index = box.map((size, axis) => {
        const inside = rest % size;
        rest = Math.floor(rest / size);
        return at[axis]! + inside;
      });
      const byte = i * 2,
        span = spans[swizzle];
      // PTX ISA, "Swizzling modes": 16-byte chunks of a row are XORed with the row's number within
      // eight (four, two) rows of 128 bytes.
      const place = span ? byte ^ ((Math.floor(byte / 128) % (span / 16)) * 16) : byte;
      result[place / 2] = index.every((value, axis) => value >= 0 && value < sizes[axis]!)
        ? element(index)
        : 0;
    }
    return result;
  };

  test.each([
    ["none", 24, [0, 0]],
    ["none", 8, [-3, 5]],
    ["32", 16, [4, -2]],
    ["64", 32, [40, 17]],
    ["128", 64, [-10, 1]],
    ["128", 64, [70, 0]],
    ["128", 64, [0, 40]],
  ] as const)("2-D boxes, swizzle %s, %i wide at %j", async (swizzle, width, at) => {
    const module = (await built)!;
    const [columns, rows, pitch] = [70, 37, 80];
    const memory = module.upload(Uint16Array.from({ length: rows * pitch }, (_, i) => i + 1));
    const options = {
      dtype: "bfloat16",
      sizes: [columns, rows],
      strides: [pitch * 2],
      box: [width, 32],
      swizzle,
    } as const;
    const bytes = width * 32 * 2,
      out = module.allocate(bytes);
    const expected = boxInShared(options, at, ([x, y]) => y! * pitch + x! + 1);
    for (let seed = 0; seed < 5; seed++) {
      module.launch("load_2d", {
        grid: [1],
        threads: 64,
        sharedBytes: bytes + 8,
        parameters: [out, bytes, at[0], at[1], module.tensorMap(memory, options)],
        seed,
      });
      expect([...out.as(Uint16Array, 2)]).toEqual([...expected]);
    }
  });

  test("3-D and 4-D boxes: a head of a packed projection", async () => {
    const module = (await built)!;
    const [channels, heads, tokens, batch] = [16, 3, 5, 2],
      row = 3 * heads * channels;
    const memory = module.upload(
      Uint16Array.from({ length: batch * tokens * row }, (_, i) => i + 1),
    );
    const element = ([c, h, t, b]: readonly number[]): number =>
      ((b ?? 0) * tokens + t!) * row + heads * channels + h! * channels + c! + 1;
    const four = {
      dtype: "float16",
      sizes: [channels, heads, tokens, batch],
      strides: [channels * 2, row * 2, tokens * row * 2],
      box: [channels, 1, 8, 1],
      swizzle: "32",
    } as const;
    const out = module.allocate(256);
    module.launch("load_4d", {
      grid: [1],
      threads: 64,
      sharedBytes: 264,
      parameters: [out, 256, 0, 2, 1, 1, module.tensorMap(memory, four, heads * channels * 2)],
      seed: 2,
    });
    expect([...out.as(Uint16Array, 2)]).toEqual([...boxInShared(four, [0, 2, 1, 1], element)]);
    const three = {
      dtype: "float16",
      sizes: [channels, heads, tokens],
      strides: [channels * 2, row * 2],
      box: [channels, 2, 4],
    } as const;
    module.launch("load_3d", {
      grid: [1],
      threads: 64,
      sharedBytes: 264,
      parameters: [out, 256, 0, 2, -1, module.tensorMap(memory, three, heads * channels * 2)],
      seed: 3,
    });
    expect([...out.as(Uint16Array, 2)]).toEqual([...boxInShared(three, [0, 2, -1], element)]);
  });

  const store = (module: EmulatedModule, seed: number): number[] => {
    const memory = module.allocate(40 * 20 * 4);
    memory.bytes.fill(0);
    const map = module.tensorMap(memory, {
      dtype: "float32",
      sizes: [18, 30],
      strides: [80],
      box: [16, 16],
      swizzle: "64",
    });
    module.launch("store", {
      grid: [1],
      threads: 64,
      sharedBytes: 1024,
      parameters: [64, 4, 3, map],
      seed,
    });
    return [...memory.as(Uint32Array, 4)];
  };

  test("boxes are stored, and what lies outside is dropped", async () => {
    const expected = new Array<number>(800).fill(0);
    for (let box = 0; box < 2; box++)
      for (let row = 0; row < 16; row++)
        for (let column = 0; column < 16; column++) {
          const byte = row * 64 + column * 4,
            place = byte ^ ((Math.floor(byte / 128) % 4) * 16);
          if (3 + 16 * box + row < 30 && 4 + column < 18)
            expected[(3 + 16 * box + row) * 20 + 4 + column] = (box + 1) * 65536 + place / 4;
        }
    for (let seed = 0; seed < 5; seed++) expect(store((await built)!, seed)).toEqual(expected);
  });

  test.each([
    [1, /without a barrier between them/],
    [2, /still reads shared\+0: no tensor_store_wait_read|without a barrier between them/],
    [
      3,
      /tensor_store reads shared\+\d+, which thread \d+ wrote without a fence_async_proxy after it/,
    ],
  ] as const)("a store that breaks a rule is reported (fault %i)", async (fault, text) => {
    const module = await build(fault);
    for (let seed = 0; seed < 5; seed++) expect(() => store(module, seed)).toThrow(text);
  });

  const share = (module: EmulatedModule, seed: number): number[] => {
    const rounds = 5,
      values = Float32Array.from({ length: rounds * 256 }, (_, i) => i % 251);
    const memory = module.upload(values),
      out = module.allocate(rounds * 4 * 4);
    const map = module.tensorMap(memory, {
      dtype: "float32",
      sizes: [16, rounds * 16],
      strides: [64],
      box: [16, 8],
    });
    module.launch("share", {
      grid: [2],
      threads: 64,
      cluster: 2,
      sharedBytes: 1040,
      parameters: [out, rounds, map],
      seed,
    });
    return [...out.as(Float32Array, 4)];
  };

  test("a cluster shares its copies", async () => {
    const sums = Array.from({ length: 5 }, (_, round) =>
      Array.from({ length: 256 }, (_, i) => (round * 256 + i) % 251).reduce((x, y) => x + y),
    );
    for (let seed = 0; seed < 20; seed++)
      expect(share((await built)!, seed)).toEqual(sums.flatMap((sum) => [sum, sum, sum, sum]));
  });

  test("a cluster that does not wait for its other block", async () => {
    const module = await build(4);
    for (let seed = 0; seed < 10; seed++)
      expect(() => share(module, seed)).toThrow(
        /without a barrier between them|copy is under way|one arrival more|no thread can go on/,
      );
  });

  test("a block that ends while the other still needs it", async () => {
    const module = await build(5);
    const ends = Array.from({ length: 20 }, (_, seed) => {
      try {
        share(module, seed);
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(ends.filter((text) => /which has ended/.test(text)).length).toBeGreaterThan(4);
  });

  test("tensor maps that the driver would refuse", async () => {
    const module = (await built)!,
      memory = module.allocate(4096);
    const good: TensorMapOptions = {
      dtype: "bfloat16",
      sizes: [64, 8],
      strides: [128],
      box: [64, 8],
      swizzle: "128",
    };
    const map = (options: Partial<TensorMapOptions>, offset = 0): Uint8Array =>
      module.tensorMap(memory, { ...good, ...options }, offset);
    expect(map({})).toHaveLength(128);
    expect(() => map({}, 8)).toThrow(/global address 0x[0-9a-f]+; a multiple of 16/);
    expect(() => map({ strides: [136] })).toThrow(
      "stride 1 is 136 bytes; a multiple of 16 below 2^40",
    );
    expect(() => map({ strides: [112] })).toThrow("stride 1 is 112 bytes, less than a row of 128");
    expect(() => map({ box: [257, 8], swizzle: "none" })).toThrow("box size 0 is 257; 1 to 256");
    expect(() => map({ box: [64, 0] })).toThrow("box size 1 is 0; 1 to 256");
    expect(() => map({ box: [4, 8] })).toThrow("the box is 8 bytes wide; a multiple of 16");
    expect(() => map({ swizzle: "64" })).toThrow(
      "the box is 128 bytes wide, more than the swizzle's 64",
    );
    expect(() => map({ sizes: [0, 8] })).toThrow("size 0 is 0; 1 to 2^32");
  });
});
