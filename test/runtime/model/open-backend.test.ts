/** What `auto` makes of a WebGPU that cannot be had, and of one that fails. */
import { compile } from "@sigil/compiler";
import {
  openBackend,
  syntheticWeights,
  type BackendChoice,
  type BackendName,
  type BackendOptions,
} from "@sigil/runtime";
import { openCpuSession } from "@sigil/runtime-cpu";
import { openWebGpuSession, WebGpuError } from "@sigil/runtime-webgpu";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { goldenCase } from "../../support/golden-cases.ts";

const adapter = (requestDevice: () => Promise<unknown>): GPU =>
  ({
    requestAdapter: async () => ({
      info: { vendor: "acme", architecture: "", device: "", description: "Acme 3000" },
      features: new Set(),
      limits: {},
      requestDevice,
    }),
  }) as unknown as GPU;

let open: (gpu: GPU, options?: BackendOptions) => ReturnType<typeof openBackend>;
beforeAll(async () => {
  const { spec, seed } = await goldenCase("tiny");
  const { plan, cpu, webgpu } = await compile({ ...spec, targets: ["cpu", "webgpu"] });
  const weights = syntheticWeights(
    Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
    seed,
  );
  open = (gpu, options = {}) =>
    openBackend(options, {
      cpu: () => openCpuSession({ plan, wasm: cpu }, weights, { threads: 1, lazy: true }),
      webgpu: (automatic) =>
        openWebGpuSession(webgpu!, weights, { gpu, refuseSoftware: automatic, lazy: true }),
    });
});

describe("the choice of a backend", () => {
  const lost = { lost: Promise.resolve({ reason: "unknown", message: "the GPU process is gone" }) };
  it.each([
    [
      "no adapter",
      { requestAdapter: async () => null } as unknown as GPU,
      "no-adapter",
      /no adapter for this machine/,
    ],
    [
      "an adapter that refuses a device",
      adapter(() => Promise.reject(new DOMException("too many devices", "OperationError"))),
      "no-device",
      /Acme 3000 gives no device \(too many devices\).*CPU backend/,
    ],
    [
      "an adapter whose device is lost already",
      adapter(async () => lost),
      "no-device",
      /Acme 3000 gives no device \(the GPU process is gone\)/,
    ],
  ])(
    "with %s is the CPU, and says why; asked for, it is an error",
    async (_, gpu, code, reason) => {
      const choices: BackendChoice[] = [];
      const session = await open(gpu, { onBackend: (choice) => choices.push(choice) });
      expect(session.backend).toMatch(/^cpu/);
      expect(choices).toEqual([{ backend: "cpu", reason: expect.stringMatching(reason) }]);
      await session.dispose();
      await expect(open(gpu, { backend: "webgpu" })).rejects.toMatchObject({
        name: "WebGpuError",
        code,
        message: expect.stringMatching(reason),
      });
    },
  );

  it("goes from CUDA by WebGPU to the CPU, with reasons, and ends with the last", async () => {
    const cpu = await open(
      adapter(() => Promise.reject(new Error())),
      { backend: "cpu" },
    );
    const fails = (name: string, code: string, message: string) => () =>
      Promise.reject(Object.assign(new Error(message), { name, code }));
    const [cuda, webgpu] = [
      fails("CudaError", "no-driver", "no driver"),
      fails("WebGpuError", "no-adapter", "no adapter"),
    ];
    const choices: BackendChoice<BackendName>[] = [];
    const onBackend = (choice: BackendChoice<BackendName>): void => void choices.push(choice);
    expect(
      await openBackend<"cpu" | "cuda" | "webgpu">(
        { onBackend },
        { cpu: async () => cpu, cuda, webgpu },
      ),
    ).toBe(cpu);
    expect(
      await openBackend<"cuda" | "cpu">(
        { onBackend },
        { cuda: async () => cpu, cpu: () => expect.fail("opened") },
      ),
    ).toBe(cpu);
    expect(choices).toEqual([
      { backend: "cpu", reason: "no driver; no adapter" },
      { backend: "cuda", reason: cpu.backend },
    ]);
    await expect(openBackend({}, { webgpu, cuda })).rejects.toMatchObject({ code: "no-adapter" });
    // Kernels that nobody compiled are a mistake, not a machine.
    await expect(
      openBackend(
        {},
        { cuda: fails("CudaError", "no-image", "run sigil kernels"), cpu: async () => cpu },
      ),
    ).rejects.toMatchObject({ code: "no-image" });
    vi.stubGlobal("process", undefined);
    await openBackend<"cuda" | "cpu">(
      { onBackend },
      { cuda: () => expect.fail("opened"), cpu: async () => cpu },
    ).finally(() => vi.unstubAllGlobals());
    expect(choices.at(-1)).toEqual({ backend: "cpu", reason: "CUDA works only in Node" });
    await cpu.dispose();
  });

  it("is no way around what is wrong", async () => {
    const broken = new WebGpuError("shader", "kernel gemm_0 was refused");
    await expect(
      openBackend({}, { webgpu: () => Promise.reject(broken), cpu: () => expect.fail("opened") }),
    ).rejects.toBe(broken);
  });
});
