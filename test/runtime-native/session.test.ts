/** The native addon as the CPU's default in Node, and what a session of it promises. */
import { mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { compile, cpuArtifact } from "@sigil/compiler";
import {
  openSafetensors,
  SiglipVisionModel,
  syntheticTensor,
  syntheticWeights,
} from "@sigil/runtime/internal";
import { openFileSource, saveSafetensors } from "@sigil/runtime/node";
import { openCpuSession, type CpuArtifact, type CpuSessionOptions } from "@sigil/runtime-cpu";
import { openNativeSession, type LoadedNativeProgram } from "@sigil/runtime-native";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goldenCase, type GoldenCase } from "../support/golden-cases.ts";
import { needsGxx } from "../support/gxx.ts";
import { instructionSets, withInstructionSet } from "../support/native.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-native-session-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(instructionSets.length === 0)(`a session in Node ${needsGxx}`, () => {
  let golden: GoldenCase;
  let artifact: CpuArtifact;
  const weights = () =>
    syntheticWeights(
      Object.entries(artifact.plan.tensors).map(([name, shape]) => ({ name, shape })),
      golden.seed,
    );
  const open = (options?: CpuSessionOptions, given = artifact) =>
    openCpuSession(given, weights(), options);
  const image = async (session: Awaited<ReturnType<typeof open>>) =>
    (await new SiglipVisionModel(session).forward({ pixelValues: golden.pixels })).poolerOutput!
      .data;

  beforeAll(async () => {
    golden = await goldenCase("tiny", {
      architecture: "siglip-vision",
      outputs: ["pooler_output"],
    });
    artifact = cpuArtifact(await compile(golden.spec));
  });

  it("is native by default, and says so", async () => {
    const choices: unknown[] = [];
    const session = await open({ onBackend: (choice) => choices.push(choice) });
    expect(session.backend).toMatch(new RegExp(`^cpu: native, ${instructionSets[0]}, \\d+ thread`));
    expect(choices).toEqual([{ backend: "native", reason: session.backend }]);
    await session.dispose();
  });

  it("keeps quantised weights as codes, and unpacks no more than a block of a panel", async () => {
    const opened = async (storage: string) => {
      const { spec, seed } = await goldenCase("tiny", { architecture: "siglip-vision", storage });
      const { plan, native } = cpuArtifact(await compile(spec));
      const session = await openNativeSession(
        { plan, kernels: native! },
        syntheticWeights(
          Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
          seed,
        ),
        { threads: 1 },
      );
      const { memoryBytes } = (await session.load(plan.programs[0]!)) as LoadedNativeProgram;
      await session.dispose();
      return { memoryBytes, weightBytes: plan.programs[0]!.weightBytes };
    };
    const [floats, codes] = [await opened("float32"), await opened("nf4")];
    const saved = floats.weightBytes - codes.weightBytes;
    expect(saved / floats.weightBytes).toBeGreaterThan(0.7);
    // Of a panel as wide as there are, 48 columns of floats; and what pads panels.
    const block = 4 * 48 * 256;
    expect(floats.memoryBytes - codes.memoryBytes).toBeGreaterThan(saved - 2 * block);
  });

  it("is WebAssembly where that is asked for, or the module has nothing else", async () => {
    const choices: unknown[] = [];
    const onBackend: CpuSessionOptions["onBackend"] = (choice) => choices.push(choice);
    const [asked, older] = [
      await open({ backend: "wasm", onBackend }),
      await open({ onBackend }, { plan: artifact.plan, wasm: artifact.wasm }),
    ];
    expect([asked.backend, older.backend]).toEqual(["cpu: WebAssembly", "cpu: WebAssembly"]);
    expect(choices).toEqual([
      { backend: "wasm", reason: "asked for" },
      { backend: "wasm", reason: "cpu: WebAssembly" },
    ]);
    await Promise.all([asked.dispose(), older.dispose()]);
  });

  it("is WebAssembly where no instruction set is left, and says why; native refuses", async () => {
    await withInstructionSet("none", async () => {
      const session = await open();
      expect(session.backend).toBe(
        "cpu: WebAssembly, since SIGIL_NATIVE_ISA=none leaves none of the instruction sets " +
          `${instructionSets.join(", ")}`,
      );
      await session.dispose();
      await expect(open({ backend: "native" })).rejects.toMatchObject({
        name: "NativeError",
        code: "no-instructions",
      });
    });
  });

  it.each([
    [{ backend: "gpu" }, "backend: expected auto, cpu, native, wasm, received gpu"],
    [{ threads: 0 }, /^threads: expected a whole number from 1 to \d+, received 0$/],
    [{ threads: 1.5 }, /^threads: expected a whole number from 1 to \d+, received 1\.5$/],
  ])("refuses %o", async (options, message) => {
    await expect(open(options as CpuSessionOptions)).rejects.toThrow(message);
  });

  it("refuses kernels of another plan", async () => {
    const kernels = artifact.native as Readonly<Record<string, unknown>>;
    const [first, second] = Object.keys(kernels) as [string, string];
    for (const native of [{}, { ...kernels, [first]: kernels[second] }])
      await expect(open({}, { ...artifact, native: native as never })).rejects.toMatchObject({
        code: expect.stringMatching(/^(plan|descriptor)$/),
      });
  });

  it("reads weights from a file as from anywhere, and says where a file is cut", async () => {
    const path = join(folder, "model.safetensors");
    const tensors = Object.entries(artifact.plan.tensors).map(
      ([name, shape]) =>
        [
          name,
          { dtype: "F32" as const, shape, data: syntheticTensor(name, shape, golden.seed) },
        ] as const,
    );
    await saveSafetensors(path, new Map(tensors));
    const expected = await open();
    const source = await openSafetensors(await openFileSource(path));
    const progress: number[] = [];
    const session = await openCpuSession(artifact, source, {
      onProgress: ({ loadedBytes, totalBytes }) => progress.push(loadedBytes / totalBytes),
    });
    expect(await image(session)).toEqual(await image(expected));
    expect(progress.at(-1)).toBe(1);
    expect(progress.toSorted((a, b) => a - b)).toEqual(progress);
    truncateSync(path, 20_000);
    await expect(openCpuSession(artifact, source)).rejects.toMatchObject({
      name: "WeightsError",
      message: expect.stringContaining("became shorter while it was read"),
    });
    await Promise.all([session.dispose(), expected.dispose(), source.close()]);
  });

  it("gives the same bits however many threads and sessions run", async () => {
    const sessions = await Promise.all([1, 2, 2, 1].map((threads) => open({ threads })));
    const results = await Promise.all(sessions.flatMap((one) => [image(one), image(one)]));
    for (const result of results) expect(result).toEqual(results[0]);
    await Promise.all(sessions.map((one) => one.dispose()));
  });

  it("disposes after the runs under way, and refuses those after", async () => {
    const session = await open();
    const run = image(session);
    await session.dispose();
    expect((await run).every(Number.isFinite)).toBe(true);
    await expect(image(session)).rejects.toMatchObject({ code: "disposed" });
  });

  it("stops loading when it is told to", async () => {
    await expect(open({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
  });

  it("keeps no memory of models that are gone", { timeout: 120_000 }, async () => {
    const cycle = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const session = await open();
        await image(session);
        await session.dispose();
      }
      globalThis.gc?.();
    };
    await cycle(30);
    const before = process.memoryUsage().rss;
    await cycle(150);
    // A model of 150 leaks would be a hundred MB; the collector's own is some.
    expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
  });

  it("outlives threads of JavaScript that end in the middle of a run", async () => {
    const script = `
      const { workerData, parentPort } = require("node:worker_threads");
      const { root, plan, kernels, shape, seed } = workerData;
      (async () => {
        const runtime = await import(root + "runtime/dist/index.js");
        const { openNativeSession } = await import(root + "runtime-native/dist/index.js");
        const tensors = Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape }));
        const weights = runtime.syntheticWeights(tensors, seed);
        const session = await openNativeSession({ plan, kernels }, weights);
        const model = new runtime.SiglipVisionModel(session);
        const pixelValues = { data: new Float32Array(shape.reduce((a, b) => a * b)), shape };
        for (;;) {
          await model.forward({ pixelValues });
          parentPort.postMessage("ran");
        }
      })();
    `;
    for (let i = 0; i < 5; i++) {
      const worker = new Worker(script, {
        eval: true,
        workerData: {
          root: new URL("../../", import.meta.url).href,
          plan: artifact.plan,
          kernels: artifact.native,
          shape: golden.pixels.shape,
          seed: golden.seed,
        },
      });
      expect(
        await new Promise((resolve) => {
          worker.once("message", resolve);
          worker.once("error", resolve);
        }),
      ).toBe("ran");
      await worker.terminate();
    }
    const session = await open();
    expect((await image(session)).length).toBeGreaterThan(0);
    await session.dispose();
  });
});
