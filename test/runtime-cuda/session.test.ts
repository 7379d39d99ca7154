/** What the runtime asks of a driver, with kernels that do nothing. */
import { openCudaSession, type CudaSessionOptions, type LaunchTime } from "@sigil/runtime-cuda";
import { describe, expect, it } from "vitest";
import { emulatedDriver } from "../support/cuda.ts";
import { needsGxx } from "../support/gxx.ts";
import {
  artifact,
  inputs,
  mostBatch,
  plan,
  recorded,
  source,
  width,
  type CallRecord,
} from "./null-model.ts";

const [program] = plan.programs;
const open = (options: CudaSessionOptions = {}, compiled = artifact()) =>
  openCudaSession(compiled, source(), {
    driver: emulatedDriver!,
    onWarning: () => {},
    ...options,
  });
const count = (calls: readonly CallRecord[], name: string): number =>
  calls.filter(({ call }) => call === name).length;

/** The parameters of a recorded launch as numbers. */
const view = (hex: string): DataView =>
  new DataView(Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16)).buffer);

describe.skipIf(!emulatedDriver)(
  `a CUDA session on the emulated driver ${needsGxx}`,
  { timeout: 120_000 },
  () => {
    it("gives back what lies in the arena at any batch, and leaves nothing behind", async () => {
      const { problems } = await recorded({}, async () => {
        const session = await open();
        expect([session.backend, session.path, session.device.multiprocessors]).toEqual([
          "cuda: Sigil emulated device (9.0), portable kernels, driver of CUDA 12.8",
          "portable",
          4,
        ]);
        const table = await source().readFloat32("table");
        for (const size of [1, 3, mostBatch, 2 * mostBatch + 3]) {
          const { y, rows, halves } = await session.run(program!, inputs(size), { batch: size });
          expect(y).toEqual({ data: inputs(size).x.data, shape: [size, width] });
          if (size > mostBatch) continue;
          expect(rows!.data).toEqual(table.subarray(0, 4 * size));
          // Pairs of 16 bits, the lower ones first: the upper ones are the float32's own first 16
          // bits.
          expect(halves!.shape).toEqual([size, 8]);
          expect(halves!.data[1]).toBeCloseTo(table[0]!, 2);
        }
        await session.dispose();
      });
      expect(problems).toEqual([]);
    });

    it("passes pointers, sizes and tensor maps, each to where the kernel reads it", async () => {
      const { calls } = await recorded({}, async () => {
        const session = await open();
        await session.run(program!, inputs(3), { batch: 3 });
        await session.dispose();
      });
      const allocated = calls.filter(({ call, bytes }) => call === "cuMemAlloc" && bytes! > 256);
      const [weights, arena] = allocated.map((record) =>
        BigInt((record as { pointer?: number }).pointer!),
      );
      const nodes = calls.filter(({ call }) => call === "cuGraphAddKernelNode");
      expect(nodes.map(({ kernel, grid }) => [kernel, grid])).toEqual([
        ["gemm_0", "16x2x1"],
        ["gemm_1", "4x1x1"],
      ]);
      const first = view(nodes[0]!.parameters!);
      expect([
        first.byteLength,
        ...[0, 8, 16].map((at) => first.getBigUint64(at, true)),
        first.getInt32(24, true),
        first.getInt32(28, true),
      ]).toEqual([32, arena, weights! + 256n, arena! + 256n, 3, 7]);
      const second = view(nodes[1]!.parameters!);
      expect([second.byteLength, second.getInt32(16, true)]).toEqual([48 + 128, 3]);
      // The persistent kernel takes as many blocks as there are multiprocessors, in whole clusters.
      expect(calls.find(({ call }) => call === "cuGraphKernelNodeSetAttribute")?.cluster).toBe(2);
    });

    it("launches a kernel's own for smaller sizes up to their bound", async () => {
      const { portable } = artifact().kernels;
      const { gemm_0: large } = portable;
      const smaller = [{ upTo: 2, kernel: "gemm_0_small" }];
      const kernels = {
        portable: { ...portable, gemm_0: { ...large!, smaller }, gemm_0_small: large! },
        hopper: {},
      };
      const { calls, problems } = await recorded({}, async () => {
        const session = await open({}, { ...artifact(), kernels });
        for (const size of [1, 2, 3, 4]) await session.run(program!, inputs(size), { batch: size });
        await session.dispose();
      });
      expect(problems).toEqual([]);
      const kernelsOf = (call: string) =>
        calls
          .filter((record) => record.call === call && record.kernel !== "gemm_1")
          .map(({ kernel }) => kernel);
      // Three graphs; the last is set to 4 pictures after 3.
      expect(kernelsOf("cuGraphAddKernelNode")).toEqual(["gemm_0_small", "gemm_0_small", "gemm_0"]);
      expect(kernelsOf("cuGraphExecKernelNodeSetParams")).toEqual(["gemm_0"]);
    });

    it("makes one graph for each bucket of batch sizes, and sets a run's sizes", async () => {
      const { calls, problems } = await recorded({}, async () => {
        const session = await open();
        for (const size of [3, 4, 3, 3, 1, 8, 5])
          await session.run(program!, inputs(size), { batch: size });
        await session.dispose();
      });
      expect(problems).toEqual([]);
      // Buckets 4, 1 and 8; sizes changed at 4, at 3 again and at 5.
      expect([
        count(calls, "cuGraphInstantiateWithFlags"),
        count(calls, "cuGraphExecKernelNodeSetParams"),
        count(calls, "cuGraphLaunch"),
      ]).toEqual([3, 3 * program!.launches.length, 7]);
      const updates = calls.filter(
        ({ call, kernel }) => call === "cuGraphExecKernelNodeSetParams" && kernel === "gemm_1",
      );
      expect(updates.map(({ parameters }) => view(parameters!).getInt32(16, true))).toEqual([
        4, 3, 5,
      ]);
    });

    it("sends weights in pieces no larger than an eighth of its pinned memory", async () => {
      const stagingBytes = 1 << 20;
      const { calls } = await recorded({}, async () => (await open({ stagingBytes })).dispose());
      const pieces = calls
        .filter(({ call }) => call === "cuMemcpyHtoDAsync")
        .map(({ bytes }) => bytes!);
      expect(pieces.reduce((sum, bytes) => sum + bytes, 0)).toBe(program!.weights[0]!.bytes);
      expect(Math.max(...pieces)).toBe(stagingBytes / 8);
      expect(
        calls.filter(({ call }) => call === "cuMemHostAlloc").map(({ bytes }) => bytes),
      ).toEqual([stagingBytes / 8, stagingBytes / 8]);
    });

    it(
      "runs init once, before the first run, and loads a program of a lazy session when it is " +
        "used",
      async () => {
        const { calls } = await recorded({}, async () => {
          const session = await open({ lazy: true });
          await session.run(program!, inputs(1), { batch: 1 });
          await session.run(program!, inputs(1), { batch: 1 });
          await session.dispose();
        });
        expect(
          calls.filter(({ call }) => call === "cuLaunchKernelEx").map(({ kernel }) => kernel),
        ).toEqual(["fold_0"]);
      },
    );

    it("times each launch on request", async () => {
      const profiles: (readonly [string, readonly LaunchTime[]])[] = [];
      const { problems } = await recorded({ SLOW: "5" }, async () => {
        const session = await open({ onProfile: (name, times) => profiles.push([name, times]) });
        await session.run(program!, inputs(2), { batch: 2 });
        await session.dispose();
      });
      expect(problems).toEqual([]);
      expect(profiles.map(([name, times]) => [name, times.map(({ kernel }) => kernel)])).toEqual([
        ["net", ["gemm_0", "gemm_1"]],
      ]);
      for (const { microseconds } of profiles[0]![1]) expect(microseconds).toBeGreaterThan(4900);
    });

    it("does not hold JavaScript's thread up while the device works", async () => {
      await recorded({ SLOW: "150" }, async () => {
        const session = await open();
        let [ticks, longest, last] = [0, 0, performance.now()];
        const timer = setInterval(() => {
          const now = performance.now();
          [ticks, longest, last] = [ticks + 1, Math.max(longest, now - last), now];
        }, 5);
        await session.run(program!, inputs(1), { batch: 1 });
        clearInterval(timer);
        // 300 ms of launches; a thread that waited for them would tick once.
        expect(ticks).toBeGreaterThan(8);
        expect(longest).toBeLessThan(150);
        await session.dispose();
      });
    });

    it("runs in the order in which runs were asked for", async () => {
      const session = await open();
      const results = await Promise.all(
        [1, 2, 3, 4, 5].map((size) => session.run(program!, inputs(size), { batch: size })),
      );
      expect(results.map(({ y }) => y!.shape[0])).toEqual([1, 2, 3, 4, 5]);
      results.forEach(({ y }, i) => expect(y!.data).toEqual(inputs(i + 1).x.data));
      await session.dispose();
    });

    it("shares a device between sessions, disposed in either order", async () => {
      for (const order of [
        [0, 1],
        [1, 0],
      ] as const) {
        const { problems } = await recorded({}, async () => {
          const sessions = [await open(), await open()];
          await sessions[order[0]]!.dispose();
          const { y } = await sessions[order[1]]!.run(program!, inputs(2), { batch: 2 });
          expect(y!.data).toEqual(inputs(2).x.data);
          await sessions[order[1]]!.dispose();
        });
        expect(problems).toEqual([]);
      }
    });

    it("takes the device that it is told to", async () => {
      const { calls } = await recorded({ DEVICES: "2", CAPABILITY: "8.6" }, async () => {
        const [first, second] = [await open({ device: 0 }), await open({ device: 1 })];
        expect(first.device.minor).toBe(6);
        await Promise.all(
          [first, second].map((session) => session.run(program!, inputs(2), { batch: 2 })),
        );
        await Promise.all([first.dispose(), second.dispose()]);
      });
      expect(count(calls, "cuDevicePrimaryCtxRelease")).toBe(2);
    });
  },
);
