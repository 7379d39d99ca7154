import { describe, expect, test } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { EmulatedModule } from "./emulated.ts";

const copy = `#include "platform/async_copy.cuh"
using namespace sigil;
SIGIL_KERNEL(reverse, 64, 1)(const float* from, float* to, int count) {
  float* tile = reinterpret_cast<float*>(shared_memory());
  const int at = block_x() * 64 + thread_x();
  copy_async<4>(tile + thread_x(), from + at, at < count ? 4 : 0);
  copy_async_commit();
  copy_async_wait<0>();
  sync_threads();
  if (at < count) to[at] = tile[63 - thread_x()];
}
SIGIL_EXPORT(reverse)
`;

/**
 * Each thread notes when it came, by a count that no kernel should share like this: the emulator
 * runs one thread of a block at a time.
 */
const order = `#include "platform/language.cuh"
using namespace sigil;
SIGIL_KERNEL(order, 64, 1)(int* out, int failing) {
  int* const count = reinterpret_cast<int*>(shared_memory());
  if (thread_x() == 0) *count = 0;
  sync_threads();
  out[block_x() * 64 + thread_x()] = (*count)++;
  if (block_x() >= failing) sync_named(1, 33);
}
SIGIL_EXPORT(order)
`;

describe.skipIf(!hostCompiler)(`the emulator ${needsGxx}`, () => {
  test("runs a kernel on every block of the grid", async () => {
    const module = await EmulatedModule.build({ reverse: copy });
    expect(module.kernels).toEqual(["reverse"]);
    expect(module.parameters("reverse")).toEqual([
      { offset: 0, bytes: 8, alignment: 8 },
      { offset: 8, bytes: 8, alignment: 8 },
      { offset: 16, bytes: 4, alignment: 4 },
    ]);
    const from = module.upload(Float32Array.from({ length: 100 }, (_, i) => i)),
      to = module.allocate(400);
    for (let seed = 0; seed < 5; seed++) {
      module.launch("reverse", {
        grid: [2],
        threads: 64,
        sharedBytes: 256,
        parameters: [from, to, 100],
        seed,
      });
      const result = to.as(Float32Array, 4);
      expect([...result.subarray(0, 64)]).toEqual(Array.from({ length: 64 }, (_, i) => 63 - i));
      expect([...result.subarray(64)]).toEqual(
        Array.from({ length: 36 }, (_, i) => (63 - i < 36 ? 64 + 63 - i : 0)),
      );
    }
  });

  test("gives the same results and faults on any number of host threads", async () => {
    const module = await EmulatedModule.build({ order });
    const run = (seed: number, hostThreads: number, failing: number): number[] | string => {
      const out = module.allocate(40 * 64 * 4);
      try {
        module.launch("order", {
          grid: [40],
          threads: 64,
          sharedBytes: 256,
          parameters: [out, failing],
          seed,
          hostThreads,
        });
        return [...out.as(Int32Array, 4)];
      } catch (error) {
        return (error as Error).message;
      } finally {
        out.free();
      }
    };
    for (const seed of [0, 1, 2]) {
      const one = run(seed, 1, 99);
      for (const threads of [0, 2, 5]) expect(run(seed, threads, 99)).toEqual(one);
      // Several blocks fail; the report is the first one's.
      const fault = run(seed, 1, 7);
      expect(fault).toMatch(/^kernel order, block \(7, 0, 0\)/);
      for (const threads of [0, 2, 5]) expect(run(seed, threads, 7)).toBe(fault);
    }
    // Every seed has its own order of threads.
    expect(
      new Set(
        Array.from({ length: 20 }, (_, seed) =>
          String((run(seed, 1, 99) as number[]).slice(0, 64)),
        ),
      ).size,
    ).toBeGreaterThan(10);
  });

  test("ends a launch that computes and never waits", async () => {
    const module = await EmulatedModule.build({
      spin: `#include "platform/language.cuh"
using namespace sigil;
SIGIL_KERNEL(spin, 32, 1)(float* out) {
  volatile float* const flag = out;
  while (flag[0] != 1) flag[1] = flag[0] + 1;
}
SIGIL_EXPORT(spin)
`,
    });
    expect(() =>
      module.launch("spin", {
        grid: [1],
        threads: 32,
        parameters: [module.upload(new Float32Array(2))],
        patience: 1,
      }),
    ).toThrow(/reaches no barrier, no copy and no end/);
  });
});
