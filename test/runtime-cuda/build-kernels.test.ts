/** From `.cu` to a fat binary that any supported driver reads. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { buildKernels, findToolkit, lowerPtx, targetsOf } from "@sigil/runtime-cuda/nvcc";
import { needsNvcc, toolkit } from "../support/nvcc.ts";

const cache = mkdtempSync(join(tmpdir(), "sigil-kernels-test-"));
afterAll(() => rmSync(cache, { recursive: true }));

const copy =
  '#include "platform/language.cuh"\nSIGIL_KERNEL(copy, 32, 1)(const float* a, float* b) { ' +
  "b[sigil::thread_x()] = a[sigil::thread_x()]; }\nSIGIL_EXPORT(copy)\n";
const few = { cubins: ["80", "90a"], ptx: "80" };

describe("without a toolkit", () => {
  it("says what to install", async () => {
    await expect(
      findToolkit({ PATH: "", CUDA_HOME: "/nowhere" }).then(({ nvcc }) => {
        throw new Error(`found ${nvcc}`);
      }),
    ).rejects.toThrow(/nvcc 12\.8 or newer.*CUDA_HOME|found \/usr\/local\/cuda/);
  });
});

describe("targets", () => {
  it("are families of Blackwell from CUDA 12.9 on, and single chips before", () => {
    expect(targetsOf("portable", "12.8").cubins).toEqual(["80", "86", "89", "90a", "100", "120"]);
    expect(targetsOf("portable", "13.0").cubins).toEqual(["80", "86", "89", "90a", "100f", "120f"]);
  });
});

describe.skipIf(!toolkit)(`fat binaries ${needsNvcc}`, { timeout: 120_000 }, () => {
  it("are built once: equal sources are found in the cache, others are not", async () => {
    const first = await buildKernels({ copy }, "portable", { cache, targets: few });
    expect(first.cached).toBe(false);
    // 0xba55ed50 is the magic number of the container that cuLibraryLoadData takes.
    expect(Buffer.from(first.image).readUInt32LE(0)).toBe(0xba55ed50);
    const again = await buildKernels({ copy }, "portable", { cache, targets: few });
    expect(again.cached).toBe(true);
    expect(Buffer.compare(again.image, first.image)).toBe(0);
    expect(
      (await buildKernels({ copy: `${copy}// other` }, "portable", { cache, targets: few })).cached,
    ).toBe(false);
    expect(
      (await buildKernels({ copy }, "portable", { cache, targets: { ...few, cubins: ["80"] } }))
        .cached,
    ).toBe(false);
  });
  it("hold machine code for every family of cards", async () => {
    const { image } = await buildKernels({ copy }, "portable", { cache });
    const one = await buildKernels({ copy }, "portable", { cache, targets: few });
    expect(image.length).toBeGreaterThan(2 * one.image.length);
  });
  it("name the kernel and line that nvcc refuses, and leave nothing behind", async () => {
    const before = readdirSync(cache);
    const broken = copy.replace("b[sigil", "c[sigil");
    await expect(
      buildKernels({ copy, broken }, "portable", { cache, targets: few }),
    ).rejects.toMatchObject({
      name: "KernelBuildError",
      code: "compile",
      message: expect.stringMatching(/broken\.cu\(2\): error: identifier "c" is undefined/),
    });
    expect(readdirSync(cache)).toEqual(before);
  });
  it("refuse products that ptxas makes wait for each other, as nvcc only remarks", async () => {
    // A sum is touched while the product that it belongs to is under way.
    const waiting = `#include "platform/warpgroup.cuh"
SIGIL_KERNEL(waiting, 128, 1)(float* out, int steps) {
  using namespace sigil;
  float sums[32] = {};
  const uint64_t a = matrix_descriptor(shared_memory(), 16, 1024, Swizzle::bytes128);
  for (int i = 0; i < steps; i++) {
    warpgroup_fence();
    warpgroup_multiply<bf16, 64, 0>(sums, a, a, true);
    warpgroup_commit();
    sums[i % 32] += 1.0f;
    warpgroup_wait<0>();
  }
  for (int i = 0; i < 32; i++) out[32 * thread_x() + i] = sums[i];
}
SIGIL_EXPORT(waiting)
`;
    await expect(
      buildKernels({ waiting }, "hopper", { cache, targets: { cubins: ["90a"], ptx: "90a" } }),
    ).rejects.toMatchObject({
      code: "compile",
      message: expect.stringMatching(/C75\d\d.*waiting/),
    });
  });
  it("carry PTX that the oldest supported driver, of CUDA 12.0, reads", async () => {
    const file = join(cache, "copy.ptx");
    const newest =
      ".version 9.0\n.target sm_80\n.address_size 64\n.visible .entry copy() { ret; }\n";
    writeFileSync(file, newest);
    expect(await lowerPtx(toolkit!, file, "80")).toBe("8.0");
    expect(readFileSync(file, "utf8")).toBe(newest.replace("9.0", "8.0"));
  });
});
