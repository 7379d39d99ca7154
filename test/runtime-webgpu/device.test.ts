/** What can go wrong with a device, and what becomes of a session then. */
import { compile } from "@sigil/compiler";
import { SiglipModel, syntheticWeights } from "@sigil/runtime";
import {
  adapterKind,
  DeviceHolder,
  openWebGpuSession,
  type WebGpuArtifact,
  type WebGpuError,
  type WebGpuKernels,
  type WebGpuSessionOptions,
} from "@sigil/runtime-webgpu";
import { sealPlan } from "@sigil/spec";
import { describe, expect, it, vi } from "vitest";
import { goldenCase } from "../support/golden-cases.ts";
import { gpu, needsWebGpu } from "../support/webgpu.ts";

async function tiny() {
  const golden = await goldenCase("tiny");
  const { plan, webgpu } = await compile({ ...golden.spec, targets: ["webgpu"] });
  const weights = syntheticWeights(
    Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
    golden.seed,
  );
  const open = (options: WebGpuSessionOptions, artifact = webgpu!) =>
    openWebGpuSession(artifact, weights, { onWarning: () => {}, ...options });
  return { golden, artifact: webgpu!, open };
}

/** The kernels of each class alone, so that a device with more features runs these too. */
const classes = <T extends Pick<WebGpuArtifact, "kernels">>({ kernels }: T) =>
  Object.fromEntries(Object.entries(kernels).filter(([set]) => !set.includes("-"))) as T["kernels"];

describe("without an adapter", () => {
  it("says what to do instead", async () => {
    const { open } = await tiny();
    await expect(open({})).rejects.toMatchObject({
      name: "WebGpuError",
      code: "no-adapter",
      message: expect.stringMatching(/CPU backend/),
    });
    const none = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
    await expect(open({ gpu: none })).rejects.toMatchObject({
      code: "no-adapter",
      message: expect.stringMatching(/driver/),
    });
  });
  it.each([
    ["nvidia", "NVIDIA GeForce RTX 4090", "desktop"],
    ["apple", "Apple M3", "desktop"],
    ["intel", "Intel(R) UHD Graphics 770", "integrated"],
    ["qualcomm", "Adreno (TM) 740", "mobile"],
    ["google", "SwiftShader Device (LLVM 16)", "software"],
    ["mesa", "llvmpipe (LLVM 15.0.6, 256 bits)", "software"],
  ])("an adapter of %s called %s gets the kernels for %s", (vendor, description, kind) => {
    expect(adapterKind({ vendor, architecture: "", device: "", description })).toBe(kind);
  });
});

describe.skipIf(!gpu)(`a device ${needsWebGpu}`, { timeout: 120_000 }, () => {
  it("that is lost rejects what was running; the next run has another, with weights", async () => {
    const { golden, open } = await tiny();
    const devices: GPUDevice[] = [];
    const watched = {
      requestAdapter: async (options?: GPURequestAdapterOptions) => {
        const adapter = (await gpu!.requestAdapter(options))!;
        const request = adapter.requestDevice.bind(adapter);
        adapter.requestDevice = async (descriptor) => {
          devices.push(await request(descriptor));
          return devices.at(-1)!;
        };
        return adapter;
      },
    } as unknown as GPU;
    const told: WebGpuError[] = [];
    const model = new SiglipModel(
      await open({ gpu: watched, onDeviceLost: (error) => told.push(error) }),
    );
    const before = await model.getImageFeatures({ pixelValues: golden.pixels });
    const { queue } = devices[0]!;
    const submit = queue.submit.bind(queue);
    queue.submit = (commands) => {
      submit(commands);
      devices[0]!.destroy();
    };
    const pending = [
      model.getImageFeatures({ pixelValues: golden.pixels }),
      model.getImageFeatures({ pixelValues: golden.pixels }),
    ];
    for (const result of await Promise.allSettled(pending))
      expect(result).toMatchObject({
        status: "rejected",
        reason: { name: "WebGpuError", code: "device-lost" },
      });
    expect(told).toHaveLength(1);
    const after = await model.getImageFeatures({ pixelValues: golden.pixels });
    expect(after).toEqual(before);
    expect(devices).toHaveLength(2);
    await model.dispose();
    await expect(model.getImageFeatures({ pixelValues: golden.pixels })).rejects.toThrow(
      /disposed/,
    );
  });

  it(
    "that is lost is told to who waits, and to a listener, whose " +
      "own failure is reported apart",
    async () => {
      const report = vi.fn();
      vi.stubGlobal("reportError", report);
      const { artifact } = await tiny();
      const thrown = new Error("a message box that is not there");
      const holder = new DeviceHolder(artifact.plan.programs, {
        gpu: gpu!,
        onDeviceLost: () => {
          throw thrown;
        },
      });
      const { device, lost } = await holder.get();
      device.destroy();
      expect(await lost).toMatchObject({ name: "WebGpuError", code: "device-lost" });
      expect(report.mock.calls).toEqual([[thrown]]);
      vi.unstubAllGlobals();
      await holder.close();
    },
  );

  it("of the caller is not destroyed by the session, and not replaced when lost", async () => {
    const { golden, open } = await tiny();
    const device = await (await gpu!.requestAdapter())!.requestDevice();
    const first = new SiglipModel(await open({ device }));
    await first.dispose();
    const model = new SiglipModel(await open({ device }));
    expect(model.session.backend).toMatch(/^webgpu: .*\(software\)$/);
    await model.getImageFeatures({ pixelValues: golden.pixels });
    device.destroy();
    await device.lost;
    await expect(model.getImageFeatures({ pixelValues: golden.pixels })).rejects.toMatchObject({
      code: "device-lost",
    });
    await model.dispose();
  });

  it("with limits that are too small is refused before anything is allocated", async () => {
    const { artifact, open } = await tiny();
    const large = {
      ...artifact,
      plan: sealPlan({
        ...artifact.plan,
        programs: artifact.plan.programs.map((program) => ({ ...program, arenaBytes: 2 ** 40 })),
      }),
    };
    await expect(open({ gpu: gpu! }, large)).rejects.toMatchObject({
      code: "limit",
      message: expect.stringMatching(/maxBufferSize 1099511627776.*smaller batch/),
    });
  });

  it("with fewer workgroups a dispatch than a launch needs is refused, not skipped", async () => {
    const { artifact, open } = await tiny();
    const wide: WebGpuKernels = Object.fromEntries(
      Object.entries(artifact.kernels.software as WebGpuKernels).map(([name, kernel]) => [
        name,
        { ...kernel, grid: [{ of: 65536, per: 1 }] },
      ]),
    );
    await expect(
      open(
        { gpu: gpu!, adapterKind: "software" },
        { ...artifact, kernels: { ...classes(artifact), software: wide } },
      ),
    ).rejects.toMatchObject({
      code: "limit",
      message: expect.stringMatching(/65536 workgroups.*65535.*smaller batch/),
    });
  });

  it("is asked for once by programs that are loaded at the same time", async () => {
    const { artifact } = await tiny();
    let asked = 0;
    const counted = {
      requestAdapter: (options?: GPURequestAdapterOptions) => (
        asked++, gpu!.requestAdapter(options)
      ),
    } as unknown as GPU;
    const holder = new DeviceHolder(artifact.plan.programs, { gpu: counted });
    const [first, second] = await Promise.all([holder.get(), holder.get()]);
    expect([asked, first === second]).toEqual([1, true]);
    first.device.destroy();
    await first.lost;
    const [third, fourth] = await Promise.all([holder.get(), holder.get()]);
    expect([asked, third === fourth, third === first]).toEqual([2, true, false]);
    await holder.close();
  });

  it("that refuses a shader is reported with kernel, origin and line", async () => {
    const { artifact, open } = await tiny();
    const broken = Object.fromEntries(
      Object.entries(artifact.kernels.software as WebGpuKernels).map(([name, kernel]) => [
        name,
        name.startsWith("attention")
          ? { ...kernel, code: kernel.code.replace("let head =", "let head = nonsense +") }
          : kernel,
      ]),
    );
    const failure = await open(
      { gpu: gpu!, adapterKind: "software" },
      { ...artifact, kernels: { ...classes(artifact), software: broken } },
    ).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "WebGpuError", code: "shader" });
    expect((failure as Error).message).toMatch(
      /kernel attention_\w+ \((vision|text)_model\.\S*attention.*\n.*\.wgsl:\d+:\d+: .*nonsense/s,
    );
  });

  it("is refused by a caller who wants a real GPU, and told in `auto`", async () => {
    const { open } = await tiny();
    await expect(open({ gpu: gpu!, refuseSoftware: true })).rejects.toMatchObject({
      code: "no-adapter",
      message: expect.stringMatching(/software/),
    });
  });

  it("times each launch on request", async () => {
    const { golden, artifact, open } = await tiny();
    const profiles: [string, number][] = [];
    const model = new SiglipModel(
      await open({
        gpu: gpu!,
        onProfile: (program, times) =>
          profiles.push([program, times.filter(({ microseconds }) => microseconds >= 0).length]),
      }),
    );
    await model.getImageFeatures({ pixelValues: golden.pixels });
    const program = artifact.plan.programs.find(({ name }) => name === profiles[0]![0])!;
    expect(profiles).toEqual([[program.name, program.launches.length]]);
    await model.dispose();
  });
});
