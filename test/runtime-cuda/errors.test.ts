/** What can go wrong between the runtime and a driver, and that nothing stays behind. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  openCudaSession,
  readImage,
  type CudaArtifact,
  type CudaSessionOptions,
} from "@sigil/runtime-cuda";
import { describe, expect, it } from "vitest";
import { emulatedDriver } from "../support/cuda.ts";
import { needsGxx } from "../support/gxx.ts";
import { artifact, inputs, nullImage, plan, recorded, source } from "./null-model.ts";

const [program] = plan.programs;
const open = (options: CudaSessionOptions = {}, given: CudaArtifact = artifact()) =>
  openCudaSession(given, source(), { driver: emulatedDriver!, onWarning: () => {}, ...options });
const child = (...args: readonly string[]) =>
  spawnSync("node", [join(import.meta.dirname, "child.mjs"), emulatedDriver!, ...args], {
    encoding: "utf8",
    timeout: 60_000,
  });

/** A fat binary's header: magic, version, its own bytes, and those that follow. */
function fatBinary(stated: number, bytes: number): Uint8Array {
  const image = new Uint8Array(bytes).fill(7);
  const header = new DataView(image.buffer);
  header.setUint32(0, 0xba55ed50, true);
  header.setUint16(4, 1, true);
  header.setUint16(6, 16, true);
  header.setBigUint64(8, BigInt(stated), true);
  return image;
}

describe.skipIf(!emulatedDriver)(
  `a CUDA session that cannot be ${needsGxx}`,
  { timeout: 120_000 },
  () => {
    it.skipIf(
      existsSync("/usr/lib/x86_64-linux-gnu/libcuda.so.1") ||
        existsSync("/usr/lib/wsl/lib/libcuda.so.1"),
    )("without a driver on the machine says so", async () => {
      await expect(openCudaSession(artifact(), source())).rejects.toMatchObject({
        name: "CudaError",
        code: "no-driver",
        message: expect.stringMatching(/libcuda\.so\.1.*CPU backend/s),
      });
    });

    const cases: readonly (readonly [
      string,
      Record<string, string>,
      CudaSessionOptions,
      object,
    ])[] = [
      [
        "with a path that is no driver",
        {},
        { driver: "/nowhere/libcuda.so.1" },
        {
          code: "no-driver",
          message: expect.stringMatching(
            /\/nowhere\/libcuda\.so\.1.*install NVIDIA's driver, 525 or newer/s,
          ),
        },
      ],
      [
        "with a driver of CUDA 11.4",
        { VERSION: "11040" },
        {},
        {
          code: "driver-too-old",
          message: expect.stringMatching(/CUDA 11\.4, expected 12\.0.*525/s),
        },
      ],
      [
        "with a driver that lacks a call",
        { MISSING: "cuLibraryLoadData" },
        {},
        { code: "driver-too-old", about: "cuLibraryLoadData" },
      ],
      [
        "without a device",
        { DEVICES: "0" },
        {},
        { code: "no-device", cudaName: "CUDA_ERROR_NO_DEVICE", call: "cuInit" },
      ],
      [
        "with a device that there is not",
        { DEVICES: "2" },
        { device: 2 },
        {
          code: "no-device",
          message: expect.stringMatching(/device 2: the driver has devices 0 to 1/),
        },
      ],
      [
        "with a device that is too old",
        { CAPABILITY: "7.5" },
        {},
        {
          code: "wrong-architecture",
          message: expect.stringMatching(/compute capability 7\.5: 8\.0/),
        },
      ],
      [
        "with too little memory",
        { MEMORY: "1000000" },
        {},
        {
          code: "out-of-memory",
          cudaName: "CUDA_ERROR_OUT_OF_MEMORY",
          call: "cuMemAlloc",
          message: expect.stringMatching(
            /weights of net \(4004256 bytes, 1000000 of 1000000 free\).*smaller batch/s,
          ),
        },
      ],
      [
        "when the second allocation fails",
        { FAIL: "cuMemAlloc:2=2" },
        {},
        { code: "out-of-memory", about: expect.stringMatching(/arena of net/) },
      ],
      [
        "when pinned memory fails",
        { FAIL: "cuMemHostAlloc:2=2" },
        {},
        { code: "out-of-memory", call: "cuMemHostAlloc" },
      ],
      [
        "when a stream fails",
        { FAIL: "cuStreamCreate:1=2" },
        {},
        { code: "out-of-memory", call: "cuStreamCreate" },
      ],
      [
        "when an upload fails",
        { FAIL: "cuMemcpyHtoDAsync:1=719" },
        {},
        { code: "launch", about: "weight a + b" },
      ],
      [
        "when init fails while it runs",
        { FAIL: "launch:fold_0=700" },
        {},
        {
          code: "launch",
          cudaName: "CUDA_ERROR_ILLEGAL_ADDRESS",
          message: expect.stringMatching(/kernel fold_0 \(net\.fold\)/),
        },
      ],
      [
        "on the hopper path without a hopper",
        { CAPABILITY: "8.0" },
        { path: "hopper" },
        {
          code: "wrong-architecture",
          message: expect.stringMatching(/only on compute capability 9\.0, but .* has 8\.0/),
        },
      ],
      ["on a path that was not compiled", {}, { path: "hopper" }, { code: "no-image" }],
    ];
    it.each(cases)("%s", async (_, settings, options, expected) => {
      const { problems } = await recorded(settings, async () => {
        await expect(open(options)).rejects.toMatchObject({ name: "CudaError", ...expected });
      });
      expect(problems).toEqual([]);
    });

    it.each([
      [
        "an image for another architecture",
        nullImage("capability 80"),
        {
          code: "wrong-architecture",
          cudaName: "CUDA_ERROR_NO_BINARY_FOR_GPU",
          message: expect.stringMatching(/portable kernels of null.*capability 80.*sigil kernels/s),
        },
      ],
      [
        "PTX newer than the driver",
        nullImage("ptx 9.0"),
        {
          code: "image",
          cudaName: "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
          message: expect.stringMatching(/9\.0 is newer than 8\.4.*update the driver/s),
        },
      ],
      [
        "a fat binary with damaged contents",
        fatBinary(84, 100),
        { code: "image", cudaName: "CUDA_ERROR_INVALID_IMAGE" },
      ],
      [
        "a fat binary that is cut off",
        fatBinary(5000, 100),
        { code: "image", message: expect.stringMatching(/expected 5016 bytes, received 100/) },
      ],
      [
        "no bytes",
        new Uint8Array(0),
        { code: "image", message: expect.stringMatching(/received 0/) },
      ],
      [
        "noise",
        new Uint8Array(100).fill(200),
        { code: "image", message: expect.stringMatching(/expected a fat binary/) },
      ],
      [
        "an image without a kernel of the plan",
        new TextEncoder().encode(
          "sigil-null-image 1\nkernel fold_0 8 8\nkernel gemm_0 8 8 8 4 4\n# padding\n",
        ),
        { code: "image", call: "cuLibraryGetKernel", about: "gemm_1" },
      ],
    ])("with %s", async (_, image, expected) => {
      const { problems } = await recorded({}, async () => {
        await expect(open({}, artifact(image))).rejects.toMatchObject({
          name: "CudaError",
          ...expected,
        });
      });
      expect(problems).toEqual([]);
    });

    it("with images that were not built says which command builds them", async () => {
      const missing = () => readImage(pathToFileURL("/nowhere/kernels.portable.fatbin"));
      await expect(
        open({}, artifact(undefined, { images: { portable: missing, hopper: missing } })),
      ).rejects.toMatchObject({
        code: "no-image",
        message: expect.stringMatching(/\/nowhere\/kernels\.portable\.fatbin.*sigil kernels/),
      });
    });

    it("when loading is cancelled", async () => {
      const { problems } = await recorded({}, async () => {
        await expect(open({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
          "enough",
        );
      });
      expect(problems).toEqual([]);
    });

    it("when the addon is not built says which command builds it", () => {
      const { stdout } = spawnSync(
        "node",
        [join(import.meta.dirname, "child.mjs"), emulatedDriver!, "open"],
        { encoding: "utf8", env: { ...process.env, PREBUILDS_ONLY: "1" } },
      );
      expect(JSON.parse(stdout)).toMatchObject({
        name: "CudaError",
        code: "no-addon",
        message: expect.stringMatching(/run `node .*build-addon\.mjs`/),
      });
    });
  },
);

describe.skipIf(!emulatedDriver)(
  `a CUDA session in trouble ${needsGxx}`,
  { timeout: 120_000 },
  () => {
    it(
      "whose kernel fails while it runs says what ran, fails from " +
        "then on, and can be replaced",
      async () => {
        const { problems } = await recorded({ FAIL: "launch:gemm_1=719" }, async () => {
          const session = await open();
          const failure = {
            name: "CudaError",
            code: "launch",
            cudaName: "CUDA_ERROR_LAUNCH_FAILED",
          };
          await expect(session.run(program!, inputs(2), { batch: 2 })).rejects.toMatchObject(
            failure,
          );
          delete process.env.SIGIL_EMULATED_FAIL;
          await expect(session.run(program!, inputs(2), { batch: 2 })).rejects.toMatchObject(
            failure,
          );
          await session.dispose();
          const other = await open();
          await other.run(program!, inputs(2), { batch: 2 });
          await other.dispose();
        });
        expect(problems).toEqual([]);
      },
    );

    it("names the kernel whose launch the driver refuses", async () => {
      await recorded({ FAIL: "cuGraphAddKernelNode:2=1" }, async () => {
        const session = await open();
        await expect(session.run(program!, inputs(1), { batch: 1 })).rejects.toMatchObject({
          code: "driver",
          cudaName: "CUDA_ERROR_INVALID_VALUE",
          about: "kernel gemm_1 (net.second + net.act)",
        });
        // Nothing of the graph is left, and the next run makes it anew.
        await session.run(program!, inputs(1), { batch: 1 });
        await session.dispose();
      });
    });

    it("drops a graph that could not be set to other sizes", async () => {
      const { problems } = await recorded(
        { FAIL: "cuGraphExecKernelNodeSetParams:2=1" },
        async () => {
          const session = await open();
          await session.run(program!, inputs(3), { batch: 3 });
          await expect(session.run(program!, inputs(4), { batch: 4 })).rejects.toMatchObject({
            about: expect.stringMatching(/gemm_1/),
          });
          await session.run(program!, inputs(4), { batch: 4 });
          await session.dispose();
        },
      );
      expect(problems).toEqual([]);
    });

    it("refuses to run after it was disposed, and may be disposed twice", async () => {
      const session = await open();
      const { x, ids } = inputs(1);
      const running = (await session.load(program!)).run(
        { x: x.data, ids: ids.data },
        { batch: 1 },
      );
      await session.dispose();
      await expect(running).resolves.toHaveProperty("y");
      await expect(session.run(program!, inputs(1), { batch: 1 })).rejects.toMatchObject({
        name: "DisposedError",
        code: "disposed",
      });
      await session.dispose();
    });

    it("refuses inputs of other types and sizes before anything is sent", async () => {
      const session = await open();
      const loaded = await session.load(program!);
      await expect(
        loaded.run({ x: new Float32Array(3), ids: new Int32Array(1) }, { batch: 1 }),
      ).rejects.toMatchObject({ name: "InputError" });
      await expect(
        loaded.run({ x: new Float32Array(1000), ids: new Int32Array(1) }, { batch: 99 }),
      ).rejects.toThrow(/from 1 to 8/);
      await session.dispose();
    });

    it.each(["exit", "throw", "worker", "forget"])(
      "does not crash a process that ends in the middle of a run (%s)",
      (how) => {
        const { status, signal, stdout } = child(how);
        expect([signal, stdout.trim()]).toEqual([null, "running"]);
        expect(status).toBe(how === "throw" ? 1 : 0);
      },
    );

    it("leaks nothing in 10,000 times load, run, dispose", { timeout: 300_000 }, () => {
      const { status, stdout, stderr } = spawnSync(
        "node",
        ["--expose-gc", join(import.meta.dirname, "child.mjs"), emulatedDriver!, "cycles", "10000"],
        { encoding: "utf8", timeout: 300_000 },
      );
      expect([status, stderr]).toEqual([0, ""]);
      const { problems, leakedBytes, grownBytes, threads } = JSON.parse(stdout) as {
        problems: string[];
        leakedBytes: number;
        grownBytes: number;
        threads: number;
      };
      expect(problems).toEqual([]);
      // Of one cycle of the last 4,000. Up to 20 were seen, of tables of V8 that settle; an object
      // left by each call would be ten times as much.
      expect(leakedBytes).toBeLessThan(64);
      // Of the process over the same cycles: 11 MB were seen, while heaps settle.
      expect(grownBytes).toBeLessThan(32e6);
      expect(threads).toBeLessThan(30);
    });
  },
);
