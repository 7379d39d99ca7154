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

describe.skipIf(!hostCompiler)(`the emulator ${needsGxx}`, () => {
  test("runs a kernel on every block of the grid", async () => {
    const module = await EmulatedModule.build({ reverse: copy });
    expect(module.kernels).toEqual(["reverse"]);
    expect(module.parameters("reverse")).toEqual([{ offset: 0, bytes: 8, alignment: 8 }, { offset: 8, bytes: 8, alignment: 8 }, { offset: 16, bytes: 4, alignment: 4 }]);
    const from = module.upload(Float32Array.from({ length: 100 }, (_, i) => i)), to = module.allocate(400);
    for (let seed = 0; seed < 5; seed++) {
      module.launch("reverse", { grid: [2], threads: 64, sharedBytes: 256, parameters: [from, to, 100], seed });
      const result = to.as(Float32Array, 4);
      expect([...result.subarray(0, 64)]).toEqual(Array.from({ length: 64 }, (_, i) => 63 - i));
      expect([...result.subarray(64)]).toEqual(Array.from({ length: 36 }, (_, i) => (63 - i < 36 ? 64 + 63 - i : 0)));
    }
  });
});
