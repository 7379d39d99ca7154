/**
 * Programmatic dependent launch: what the runtime asks of a driver for it, and that models compute
 * the same with it.
 */
import { compile } from "@sigil/compiler";
import { SiglipModel, syntheticWeights, type ModelWarning } from "@sigil/runtime";
import { openCudaSession, type CudaArtifact, type CudaSessionOptions } from "@sigil/runtime-cuda";
import { emulate } from "@sigil/runtime-cuda/emulated";
import { loadSpec, specPath, type ModelSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { emulatedDriver } from "../support/cuda.ts";
import { needsGxx } from "../support/gxx.ts";
import { artifact, inputs, plan, recorded, source } from "./null-model.ts";

const [program] = plan.programs;

/**
 * The null model with kernels of the hopper path, all but those named launched programmatically.
 */
function hopper(...plain: readonly string[]): CudaArtifact {
  const given = artifact();
  const kernels = Object.fromEntries(
    Object.entries(given.kernels.portable).map(([name, kernel]) => [
      name,
      plain.includes(name) ? kernel : { ...kernel, programmatic: true },
    ]),
  );
  return { ...given, kernels: { ...given.kernels, hopper: kernels } };
}

describe.skipIf(!emulatedDriver)(
  `launches with programmatic edges ${needsGxx}`,
  { timeout: 120_000 },
  () => {
    const run = async (
      settings: Readonly<Record<string, string>>,
      options: CudaSessionOptions,
      given: CudaArtifact = hopper(),
    ) => {
      const warnings: ModelWarning[] = [];
      let backend = "";
      const { calls, problems } = await recorded(settings, async () => {
        const session = await openCudaSession(given, source(), {
          driver: emulatedDriver!,
          onWarning: (warning) => warnings.push(warning),
          ...options,
        });
        backend = session.backend;
        // The second run sets the first one's graph to another size.
        for (const size of [3, 4])
          expect((await session.run(program!, inputs(size), { batch: size })).y!.data).toEqual(
            inputs(size).x.data,
          );
        await session.dispose();
      });
      expect(problems).toEqual([]);
      const named = (name: string) => calls.filter(({ call }) => call === name);
      return {
        warnings,
        backend,
        edges: named("cuGraphAddDependencies"),
        updates: named("cuGraphExecKernelNodeSetParams").length,
        overlapping: named("cuGraphLaunch").map(({ programmatic }) => programmatic),
      };
    };

    it("have one from each launch to the next, which setting other sizes keeps", async () => {
      const { warnings, backend, edges, updates, overlapping } = await run(
        {},
        { programmaticLaunch: true },
      );
      expect(edges).toMatchObject([{ kernel: "gemm_1", port: 1, type: 1, status: 0 }]);
      expect([warnings, updates, overlapping]).toEqual([[], 2, [1, 1]]);
      expect(backend).toMatch(/hopper kernels, driver of CUDA 12\.8, programmatic launches$/);
    });

    it("have none where the kernel does not wait itself, or nobody asked", async () => {
      expect((await run({}, { programmaticLaunch: true }, hopper("gemm_1"))).edges).toEqual([]);
      const { warnings, backend, edges } = await run({}, {});
      expect([warnings, edges]).toEqual([[], []]);
      expect(backend).toMatch(/driver of CUDA 12\.8$/);
    });

    it.each([{ VERSION: "12020" }, { MISSING: "cuGraphAddDependencies" }])(
      "run one after another on a driver without them, %j, and say so if they were asked for",
      async (settings) => {
        const { warnings, edges, backend } = await run(settings, { programmaticLaunch: true });
        expect(edges).toEqual([]);
        expect(backend).not.toMatch(/programmatic/);
        expect(warnings).toMatchObject([
          { code: "no-programmatic-launch", message: expect.stringMatching(/CUDA 12\.3 or newer/) },
        ]);
        expect((await run(settings, {})).warnings).toEqual([]);
      },
    );

    it("say so if the kernels cannot", async () => {
      const { warnings } = await run({}, { programmaticLaunch: true, path: "portable" });
      expect(warnings).toMatchObject([
        {
          code: "no-programmatic-launch",
          message: expect.stringMatching(/portable kernels cannot/),
        },
      ]);
    });

    it("name the kernel whose edge the driver refuses", async () => {
      const { problems } = await recorded({ FAIL: "cuGraphAddDependencies:1=1" }, async () => {
        const session = await openCudaSession(hopper(), source(), {
          driver: emulatedDriver!,
          onWarning: () => {},
          programmaticLaunch: true,
        });
        await expect(session.run(program!, inputs(1), { batch: 1 })).rejects.toMatchObject({
          name: "CudaError",
          cudaName: "CUDA_ERROR_INVALID_VALUE",
          call: "cuGraphAddDependencies",
          about: "kernel gemm_1 (net.second + net.act)",
        });
        await session.dispose();
      });
      expect(problems).toEqual([]);
    });
  },
);

/** A small SigLIP whose heads wgmma computes. */
function small(): ModelSpec {
  const spec = loadSpec(specPath("siglip-shapes"));
  const size = {
    hidden_size: 128,
    num_attention_heads: 2,
    num_hidden_layers: 2,
    intermediate_size: 272,
  };
  const text = {
    ...spec.config.text_config!,
    ...size,
    projection_size: 128,
    max_position_embeddings: 20,
  };
  return {
    ...spec,
    storage: "bfloat16",
    batch: { image: 2, text: 2 },
    config: {
      ...spec.config,
      text_config: text,
      vision_config: { ...spec.config.vision_config!, ...size },
    },
  };
}

describe.skipIf(!emulatedDriver)(
  `a model on the Hopper path whose launches overlap ${needsGxx}`,
  { timeout: 600_000 },
  () => {
    const spec = small();
    const size = spec.config.vision_config!.image_size;
    const data = {
      pixelValues: {
        data: Float32Array.from({ length: 2 * 3 * size * size }, (_, i) => Math.sin(0.37 * i)),
        shape: [2, 3, size, size] as const,
      },
      inputIds: [0, 1].map((text) =>
        Array.from({ length: 20 }, (_, i) => (7 * i + 31 * text + 3) % 356),
      ),
    };
    type Change = (source: string) => string;
    const run = async ({
      programmaticLaunch = true,
      checked = false,
      seed = 1,
      change = (source) => source,
    }: {
      readonly programmaticLaunch?: boolean;
      readonly checked?: boolean;
      readonly seed?: number;
      readonly change?: Change;
    }) => {
      const cuda = (await compile({ ...spec, targets: ["cuda"] })).cuda!;
      const sources = {
        ...cuda.sources,
        hopper: Object.fromEntries(
          Object.entries(cuda.sources.hopper).map(([name, text]) => [name, change(text)]),
        ),
      };
      const { artifact: emulated, driver } = await emulate({ ...cuda, sources }, { checked });
      const weights = syntheticWeights(
        Object.entries(cuda.plan.tensors).map(([name, shape]) => ({ name, shape })),
        5,
      );
      let outputs: readonly Float32Array[] = [];
      const { calls, problems } = await recorded({ SEED: String(seed) }, async () => {
        const model = new SiglipModel(
          await openCudaSession(emulated, weights, {
            driver,
            path: "hopper",
            onWarning: () => {},
            programmaticLaunch,
          }),
        );
        try {
          const { imageEmbeds, textEmbeds } = await model.forward(data);
          outputs = [imageEmbeds.data, textEmbeds.data];
        } finally {
          await model.dispose();
        }
      });
      expect(problems).toEqual([]);
      return {
        outputs,
        edges: calls.filter(({ call }) => call === "cuGraphAddDependencies").length,
        launches: cuda.plan.programs.reduce((sum, { launches }) => sum + launches.length - 1, 0),
      };
    };

    it("gives the same bits, whatever the order of threads", async () => {
      const expected = await run({ programmaticLaunch: false });
      expect(expected.edges).toBe(0);
      for (const seed of [1, 2, 3]) {
        const { outputs, edges, launches } = await run({ seed });
        expect(edges).toBe(launches);
        // Seeds choose errors of approximate functions too.
        expect(outputs).toEqual(
          seed === 1 ? expected.outputs : (await run({ seed, programmaticLaunch: false })).outputs,
        );
      }
    });

    it("touches nothing too early, and nothing that another block writes", async () => {
      expect((await run({ checked: true })).outputs).toEqual(
        (await run({ programmaticLaunch: false })).outputs,
      );
    });

    const norm: Change = (source) =>
      source.includes('"family":"row_reduce"')
        ? source.replace("wait_for_predecessor();", "")
        : source;
    const partly: Change = (source) =>
      source.includes('"family":"row_reduce"')
        ? source.replace("wait_for_predecessor();", "if (thread_x() >= 32) wait_for_predecessor();")
        : source;
    it("is found out when a norm does not wait", async () => {
      await expect(run({ change: norm })).rejects.toMatchObject({
        name: "CudaError",
        code: "launch",
        message: expect.stringMatching(
          /kernel row_reduce_\w+ was launched after .* and ended without a wait_for_predecessor/,
        ),
      });
    });
    it("is found out when some threads of a norm do not", async () => {
      await expect(run({ change: partly, checked: true })).rejects.toMatchObject({
        name: "CudaError",
        code: "launch",
        message: expect.stringMatching(
          /row_reduce_\w+, .* before wait_for_predecessor, which kernel \w+ ahead of it writes/,
        ),
      });
      // Without a watch it is seen in what comes out.
      expect((await run({ change: partly })).outputs).not.toEqual(
        (await run({ programmaticLaunch: false })).outputs,
      );
    });
  },
);
