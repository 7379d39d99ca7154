/**
 * npm run bench:gpu from start to end on the emulated driver: what it prints and writes, not how
 * fast anything is.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { nameOfHopperTile, selectHopperGemm, type HopperTiming } from "@sigil/compiler/internal";
import { afterAll, describe, expect, it } from "vitest";
import { emulatedDriver } from "../support/cuda.ts";
import { needsGxx } from "../support/gxx.ts";

const gpu = join(import.meta.dirname, "../../bench/gpu");
const folder = mkdtempSync(join(tmpdir(), "sigil-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bench = (out: string, ...args: readonly string[]) =>
  promisify(execFile)(
    "node",
    [
      join(gpu, "bench.mjs"),
      "--emulated",
      "--iterations",
      "2",
      "--models",
      join(folder, "models"),
      "--out",
      join(folder, out),
      ...args,
    ],
    { maxBuffer: 2 ** 24 },
  );

/** Cells of the table below a heading, by the head of their column. */
function tableOf(text: string, title: string): Record<string, string>[] {
  const lines =
    text
      .split(`## ${title}\n`)[1]
      ?.split("\n## ")[0]
      ?.split("\n")
      .filter((line) => line.startsWith("|")) ?? [];
  const [head, , ...rows] = lines.map((line) => line.slice(2, -2).split(" | "));
  return rows.map((cells) => Object.fromEntries(cells.map((cell, i) => [head![i]!, cell])));
}

describe.skipIf(!emulatedDriver)(
  `the benchmark of a card, rehearsed ${needsGxx}`,
  { timeout: 600_000 },
  () => {
    // Time enough for a busy machine; it ends as soon as it is done.
    it("times every tower in every way, and prints last what it writes", async () => {
      const { stdout } = await bench("whole", "--no-torch", "--seconds", "900");
      expect(readdirSync(join(folder, "whole"))).toEqual(["towers.Sigil-emulated-device.md"]);
      const text = readFileSync(join(folder, "whole", "towers.Sigil-emulated-device.md"), "utf8");
      expect(stdout.endsWith(`${text}\n`)).toBe(true);
      expect(text).toMatch(/rehearsal on the emulated driver/);
      expect(text).toMatch(/Without a PyTorch side/);
      expect(text).not.toMatch(/NaN|undefined|Infinity|Not done/);

      const forward = tableOf(text, "Forward, by the device's clock");
      expect(forward.map((row) => [row.tower, row.batch])).toEqual([
        ["siglip-shapes.vision", "1"],
        ["siglip-shapes.vision", "4"],
        ["siglip-shapes.text", "1"],
        ["siglip-shapes.text", "4"],
      ]);
      for (const row of forward) {
        const [, median, low, high] = /^(\S+) \((\S+) to (\S+)\)$/
          .exec(row["ms (10 to 90 %)"]!)!
          .map(Number) as [number, number, number, number];
        expect(low).toBeGreaterThan(0);
        expect(median >= low && median <= high).toBe(true);
        // Three digits of a median that is itself rounded to a microsecond.
        expect((Number(row["items/s"]) * median) / 1e3 / Number(row.batch)).toBeCloseTo(1, 1);
        expect([row["best PyTorch, ms"], row["of the product's"]]).toEqual(["-", "-"]);
      }
      const host = tableOf(text, "From host to host");
      expect(host.map((row) => [row.tower, row.batch])).toEqual([
        ["siglip-shapes.vision.uint8", "1"],
        ["siglip-shapes.vision.uint8", "4"],
        ["siglip-shapes.text", "1"],
        ["siglip-shapes.text", "4"],
      ]);
      for (const row of host) expect(Number(row["items/s, two sessions"])).toBeGreaterThan(0);
      const accuracy = tableOf(text, "bfloat16 beside float32");
      expect(accuracy.length).toBe(2);
      // The project's bar for bfloat16; a model beside itself would differ by nothing.
      for (const row of accuracy)
        expect(
          Number(row["least cosine"]) > 0.999 && Number(row.most) > 0 && Number(row.most) < 2e-2,
        ).toBe(true);

      const kernels = tableOf(text, "Kernels");
      const of = (tower: string) => kernels.filter((row) => row.tower === `siglip-shapes.${tower}`);
      for (const tower of ["vision", "text"])
        expect(
          of(tower).reduce((sum, row) => sum + Number.parseInt(row["of the tower"]!, 10), 0),
        ).toBeCloseTo(100, -1.2);
      // 4 pictures of 16 patches of 8 x 8 x 3; 4 texts of 16 tokens, which have no patches.
      expect(of("vision").map((row) => row.what)).toEqual(
        expect.arrayContaining([
          "64x128x192 of patches",
          "64x384x128",
          "4 x 2 heads of 64, 16 queries, 16 keys",
        ]),
      );
      expect(of("text").filter((row) => /patches/.test(row.what!))).toEqual([]);
      // Attention at sizes of its own, once.
      expect(of("vision").length + of("text").length + 1).toBe(kernels.length);
      expect(kernels.at(-1)).toMatchObject({
        tower: "attention",
        what: "1 x 2 heads of 64, 16 queries, 16 keys",
        "of the tower": "100 %",
      });
      for (const { what, us, "TFLOP/s": teraflops } of kernels) {
        const sizes = /^(\d+)x(\d+)x(\d+)/.exec(what!);
        if (sizes)
          expect(Number(teraflops)).toBeCloseTo(
            (2 *
              sizes
                .slice(1)
                .map(Number)
                .reduce((a, b) => a * b)) /
              Number(us) /
              1e6,
            4,
          );
      }
    });

    it("times launches that overlap", async () => {
      await bench(
        "overlap",
        "--no-torch",
        "--programmatic",
        "--only",
        "siglip-shapes.vision",
        "--seconds",
        "900",
      );
      const text = readFileSync(
        join(folder, "overlap", "towers.Sigil-emulated-device.programmatic.md"),
        "utf8",
      );
      expect(text).toMatch(/Launches overlap/);
      expect(text).not.toMatch(/NaN|undefined|Infinity|Not done/);
    });

    it("ends in its time, and says what it left out", async () => {
      const begin = performance.now();
      const { stdout } = await bench("short", "--no-torch", "--seconds", "0.5");
      expect(readdirSync(join(folder, "short"))).toEqual(["towers.Sigil-emulated-device.md"]);
      // Start, compiler and one tower that was begun; the whole takes several times as long.
      expect((performance.now() - begin) / 1e3).toBeLessThan(60);
      // Attention alone comes last and is so short that a fast machine still has time for it.
      expect(stdout).toMatch(
        /Not done for want of time: .*kernels of siglip-shapes\.text(, attention alone)?\.\n\n$/,
      );
    });

    it("goes on without Python, and says why", async () => {
      const { stdout } = await bench(
        "python",
        "--python",
        "/nowhere/python3",
        "--seconds",
        "900",
        "--only",
        "siglip-shapes.text",
      );
      expect(stdout).toMatch(/no PyTorch side: spawn \/nowhere\/python3 ENOENT/);
      expect(tableOf(stdout, "Forward, by the device's clock").map((row) => row.batch)).toEqual([
        "1",
        "4",
      ]);
    });

    it("times tiles, and writes the compiler's table of them", async () => {
      const { stdout } = await bench(
        "tiles",
        "--tiles",
        "--seconds",
        "900",
        "--models",
        join(folder, "tiles-models"),
      );
      const written = readFileSync(join(folder, "tiles", "hopper-timings.ts"), "utf8");
      expect(stdout.endsWith(`${written}\n`)).toBe(true);
      const { hopperTimings } = (await import(join(folder, "tiles", "hopper-timings.ts"))) as {
        readonly hopperTimings: readonly HopperTiming[];
      };
      const [fastest, second] = hopperTimings;
      expect(hopperTimings.length).toBe(2);
      expect(fastest).toMatchObject({
        rows: 64,
        columns: 128,
        depth: 192,
        carries: false,
        gathers: true,
      });
      expect(fastest!.microseconds).toBeGreaterThan(0);
      expect(second!.microseconds).toBeGreaterThanOrEqual(fastest!.microseconds);
      // The compiler takes what the file says, whichever of the two was faster.
      for (const timing of hopperTimings)
        expect(nameOfHopperTile(selectHopperGemm({ ...timing, operations: 1 }, [timing]))).toBe(
          timing.tile,
        );
      const rows = readFileSync(join(folder, "tiles", "tiles.Sigil-emulated-device.md"), "utf8")
        .split("\n")
        .filter((line) => line.startsWith("| 64x128x192, gathered |"));
      expect(rows.map((row) => row.split(" | ")[1])).toEqual(hopperTimings.map(({ tile }) => tile));
      expect(rows.filter((row) => row.includes("the model's")).length).toBe(1);
    });

    it("compares a case in each storage with transformers", async () => {
      await promisify(execFile)("node", [
        join(gpu, "parity.mjs"),
        "--emulated",
        "--only",
        "tiny",
        "--out",
        join(folder, "parity"),
      ]);
      const rows = readFileSync(join(folder, "parity", "parity.Sigil-emulated-device.md"), "utf8")
        .split("\n")
        .filter((line) => line.startsWith("| tiny |"))
        .map((line) => line.slice(2, -2).split(" | "));
      expect(rows.map(([, storage, path, , , , held]) => [storage, path, held])).toEqual(
        ["bfloat16", "float16", "float32"].map((storage) => [storage, "hopper", "within its bar"]),
      );
      for (const row of rows) expect(Number(row[3])).toBeGreaterThan(0);
    });

    it.each([[["bench.mjs"]], [["bench.mjs", "--tiles"]], [["parity.mjs"]]])(
      "%j tells a machine without a driver so before anything else",
      async ([command, ...more]) => {
        await expect(
          promisify(execFile)("node", [
            join(gpu, command!),
            ...more,
            "--driver",
            "/nowhere/libcuda.so.1",
            "--out",
            join(folder, "nothing"),
          ]),
        ).rejects.toMatchObject({
          code: 1,
          stdout: "",
          stderr: expect.stringMatching(/^CudaError: .*\/nowhere\/libcuda\.so\.1.*\n$/),
        });
        expect(existsSync(join(folder, "nothing"))).toBe(false);
      },
    );

    it.each([
      [
        ["--tiles", "--only", "1x1x1"],
        /there are no tiles to time: npm run build:kernels, or no 1x1x1/,
      ],
      [["--seconds", "many"], /--seconds: expected a number above 0, received many/],
      [
        ["--variants", "eager,fast"],
        /--variants: there is no fast; there are eager, cudnn, compile, max-autotune, tuned/,
      ],
      [["--only", "siglip-nothing"], /--only: there is no siglip-nothing; there are /],
    ])("refuses %j", async (args, message) => {
      await expect(bench("refused", "--no-torch", ...args)).rejects.toMatchObject({
        stderr: expect.stringMatching(message),
      });
    });
  },
);
