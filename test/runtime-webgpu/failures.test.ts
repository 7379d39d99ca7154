/**
 * What fails while a session is opened, loaded again or run: each told apart, nothing left behind,
 * and the session usable once the cause is gone.
 */
import { setMaxListeners } from "node:events";
import { compile } from "@sigil/compiler";
import { SiglipVisionModel, syntheticWeights, type WeightSource } from "@sigil/runtime";
import {
  openWebGpuSession,
  type WebGpuArtifact,
  type WebGpuKernels,
  type WebGpuSessionOptions,
} from "@sigil/runtime-webgpu";
import { sealPlan } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { goldenCase } from "../support/golden-cases.ts";
import { gpu, needsWebGpu } from "../support/webgpu.ts";

/** The vision tower alone: one program. */
async function vision() {
  const golden = await goldenCase("tiny");
  const { plan, webgpu } = await compile({
    ...golden.spec,
    targets: ["webgpu"],
    architecture: "siglip-vision",
  });
  const weights = syntheticWeights(
    Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
    golden.seed,
  );
  const open = (
    options: WebGpuSessionOptions,
    artifact: WebGpuArtifact = webgpu!,
    source: WeightSource = weights,
  ) => openWebGpuSession(artifact, source, { onWarning: () => {}, ...options });
  const run = (model: SiglipVisionModel) => model.forward({ pixelValues: golden.pixels });
  return { artifact: webgpu!, weights, open, run };
}

/**
 * The adapter with its devices, and buffers that nobody destroyed, in view. `change` may alter a
 * device before it is used.
 */
function watch(change: (device: GPUDevice) => void = () => {}) {
  const devices: GPUDevice[] = [];
  const buffers = new Set<GPUBuffer>();
  let offered = true;
  const watched = {
    requestAdapter: async (options?: GPURequestAdapterOptions) => {
      if (!offered) return null;
      const adapter = (await gpu!.requestAdapter(options))!;
      const request = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) => {
        const device = await request(descriptor);
        const create = device.createBuffer.bind(device);
        device.createBuffer = (wanted) => {
          const buffer = create(wanted);
          const destroy = buffer.destroy.bind(buffer);
          buffers.add(buffer);
          buffer.destroy = () => (buffers.delete(buffer), destroy());
          return buffer;
        };
        change(device);
        devices.push(device);
        return device;
      };
      return adapter;
    },
  } as unknown as GPU;
  return { gpu: watched, devices, buffers, offer: (value: boolean) => (offered = value) };
}

/** Every shader of the artifact changed, in the set that any device can run. */
const withShaders = (
  artifact: WebGpuArtifact,
  change: (code: string) => string,
): WebGpuArtifact => {
  const { software } = artifact.kernels as { readonly software: WebGpuKernels };
  const changed = Object.fromEntries(
    Object.entries(software).map(([name, kernel]) => [
      name,
      { ...kernel, code: change(kernel.code) },
    ]),
  );
  return {
    ...artifact,
    kernels: { desktop: changed, integrated: changed, mobile: changed, software: changed },
  };
};

describe.skipIf(!gpu)(`a failure ${needsWebGpu}`, { timeout: 300_000 }, () => {
  it("of memory names the program, its need and what to do, and frees the rest", async () => {
    const { open } = await vision();
    // No driver that tests run on can be made to run out, so the device says that it has.
    const view = watch((device) => {
      const filters: GPUErrorFilter[] = [];
      const [push, pop] = [device.pushErrorScope.bind(device), device.popErrorScope.bind(device)];
      device.pushErrorScope = (filter) => (filters.push(filter), push(filter));
      device.popErrorScope = async () => {
        const filter = filters.pop();
        await pop();
        return filter === "out-of-memory" ? ({ message: "no more" } as GPUError) : null;
      };
    });
    await expect(open({ gpu: view.gpu })).rejects.toMatchObject({
      name: "WebGpuError",
      code: "out-of-memory",
      message: expect.stringMatching(
        /^siglip-vision needs \d+ MiB of GPU memory, .*float16 storage or a smaller batch$/,
      ),
    });
    expect(view.devices).toHaveLength(1);
    expect(view.buffers.size).toBe(0);
  });

  it("of limits of the caller's own device is found before anything is made on it", async () => {
    const { artifact, open } = await vision();
    const view = watch();
    const device = await (await view.gpu.requestAdapter())!.requestDevice();
    const large = {
      ...artifact,
      plan: sealPlan({
        ...artifact.plan,
        programs: artifact.plan.programs.map((program) => ({
          ...program,
          arenaBytes: device.limits.maxBufferSize + 4,
        })),
      }),
    };
    await expect(open({ device }, large)).rejects.toMatchObject({
      code: "limit",
      message: expect.stringMatching(
        /needs maxBufferSize \d+ but the given device offers \d+: compile it with a smaller batch/,
      ),
    });
    expect(view.buffers.size).toBe(0);
    device.destroy();
  });

  it(
    "of a shader that is valid but too large for the device names kernel and origin, and frees " +
      "what there was",
    async () => {
      const { artifact, open } = await vision();
      const view = watch();
      const wide = withShaders(artifact, (code) =>
        code.replace(/@workgroup_size\(.*?\)/, "@workgroup_size(65535, 1)"),
      );
      await expect(open({ gpu: view.gpu }, wide)).rejects.toMatchObject({
        code: "shader",
        message: expect.stringMatching(
          /^kernel \w+ \(vision_model\.\S+.*\) was refused .*workgroup/is,
        ),
      });
      expect(view.buffers.size).toBe(0);
    },
  );

  it("of a shader stops the weights that are on their way", async () => {
    const { artifact, open, weights } = await vision();
    let stopped = 0;
    const endless: WeightSource = {
      ...weights,
      tensors: weights.tensors,
      readFloat32: (_, options) =>
        new Promise((_resolve, reject) => {
          const signal = options!.signal!;
          // Node warns of more than ten listeners.
          setMaxListeners(0, signal);
          signal.addEventListener("abort", () => (stopped++, reject(signal.reason)));
        }),
    };
    const wide = withShaders(artifact, (code) =>
      code.replace(/@workgroup_size\(.*?\)/, "@workgroup_size(65535, 1)"),
    );
    await expect(open({ gpu: gpu! }, wide, endless)).rejects.toMatchObject({ code: "shader" });
    expect(stopped).toBeGreaterThan(0);
  });

  it("of a device while weights are on their way costs another device and no more", async () => {
    const { open, run } = await vision();
    const whole = new SiglipVisionModel(await open({ gpu: gpu! }));
    const expected = await run(whole);
    await whole.dispose();
    const view = watch();
    const lost: string[] = [];
    // Whether opening sees the loss depends on when the driver tells; a session that did not see it
    // must see it at its first run.
    const attempt = open({
      gpu: view.gpu,
      onDeviceLost: ({ code }) => lost.push(code),
      onProgress: () => view.devices[0]!.destroy(),
    });
    const session = await attempt.catch(
      (error: unknown) => (
        expect(error).toMatchObject({ name: "WebGpuError", code: "device-lost" }),
        open({ gpu: view.gpu })
      ),
    );
    const model = new SiglipVisionModel(session);
    expect(await run(model)).toEqual(expected);
    expect(view.devices).toHaveLength(2);
    expect(lost).toEqual(["device-lost"]);
    await model.dispose();
  });

  it(
    "of a device in the middle of a run, with no other one to be " +
      "had, lasts until there is one",
    async () => {
      const { open, run } = await vision();
      const view = watch();
      const model = new SiglipVisionModel(await open({ gpu: view.gpu }));
      const before = await run(model);
      const [device] = view.devices as [GPUDevice];
      const submit = device.queue.submit.bind(device.queue);
      device.queue.submit = (commands) => (submit(commands), device.destroy());
      view.offer(false);
      await expect(run(model)).rejects.toMatchObject({ code: "device-lost" });
      await expect(run(model)).rejects.toMatchObject({ code: "no-adapter" });
      view.offer(true);
      expect(await run(model)).toEqual(before);
      await model.dispose();
    },
  );

  it(
    "of the weights, when they are read again after a loss, is told, and tried again at the " +
      "next run",
    async () => {
      const { open, weights, run } = await vision();
      const view = watch();
      let broken = false;
      const fragile: WeightSource = {
        ...weights,
        tensors: weights.tensors,
        readFloat32: (name, options) =>
          broken
            ? Promise.reject(new Error("the server is gone"))
            : weights.readFloat32(name, options),
      };
      const model = new SiglipVisionModel(await open({ gpu: view.gpu }, undefined, fragile));
      const before = await run(model);
      view.devices[0]!.destroy();
      await view.devices[0]!.lost;
      broken = true;
      for (let i = 0; i < 2; i++) await expect(run(model)).rejects.toThrow("the server is gone");
      broken = false;
      expect(await run(model)).toEqual(before);
      await model.dispose();
      expect(view.devices).toHaveLength(2);
    },
  );
});
