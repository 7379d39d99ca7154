/** Which kernels a device gets, by its class and features, and that results do not depend on it. */
import {
  compile,
  kernelFeatures,
  kernelSetName,
  kernelSets,
  type KernelFeature,
} from "@sigil/compiler/internal";
import { SiglipModel, syntheticWeights } from "@sigil/runtime";
import {
  kernelSet,
  offeredFeatures,
  openWebGpuSession,
  type AdapterKind,
  type KernelSet,
} from "@sigil/runtime-webgpu";
import { describe, expect, it } from "vitest";
import { goldenCase } from "../support/golden-cases.ts";
import { features, gpu, needsWebGpu } from "../support/webgpu.ts";

const every: readonly (readonly KernelFeature[])[] = [
  [],
  ["shader-f16"],
  ["subgroups"],
  ["shader-f16", "subgroups"],
];

describe("the set of kernels", () => {
  it("is the one that the compiler names for the class and the features", () => {
    for (const kind of ["desktop", "integrated", "mobile", "software"] as const)
      for (const offered of every)
        expect(kernelSet(kernelSets(), kind, new Set<string>(offered))).toBe(
          kernelSetName(kind, offered),
        );
  });

  it("is written for subgroups of eight and more, which the adapter must name", () => {
    const offered = (subgroupMinSize?: number) => [
      ...offeredFeatures({
        features: new Set(["subgroups"]) as unknown as GPUSupportedFeatures,
        adapterInfo: { subgroupMinSize } as GPUAdapterInfo,
      }),
    ];
    expect([offered(4), offered(8), offered(32), offered()]).toEqual([
      [],
      ["subgroups"],
      ["subgroups"],
      [],
    ]);
  });

  it.each(["float32", "float16", "bfloat16"] as const)(
    "of a model in %s has no two that are equal, and lacks none that a device would want",
    async (storage) => {
      const golden = await goldenCase("tiny");
      const { webgpu } = await compile({ ...golden.spec, storage, targets: ["webgpu"] });
      const sets = webgpu!.kernels;
      const extensions = (name: KernelSet): string =>
        [
          ...new Set(
            Object.values(sets[name]!).flatMap(({ code }) =>
              [...code.matchAll(/^enable (\w+);$/gm)].map(([, extension]) => extension!),
            ),
          ),
        ]
          .sort()
          .join();
      const found = (kind: AdapterKind) =>
        every.map((offered) => extensions(kernelSet(sets, kind, new Set<string>(offered))));
      for (const kind of ["desktop", "integrated", "mobile", "software"] as const)
        expect(found(kind)).toEqual(
          storage === "float16"
            ? ["", "f16", "subgroups", "f16,subgroups"]
            : ["", "", "subgroups", "subgroups"],
        );
      expect(Object.keys(sets)).toHaveLength(storage === "float16" ? 16 : 8);
    },
  );
});

describe.skipIf(!gpu || !kernelFeatures.every((feature) => features.has(feature)))(
  `a session ${needsWebGpu}`,
  { timeout: 300_000 },
  () => {
    it.each(["desktop", "software"] as const)(
      "for %s adapters computes alike with the features and without",
      async (adapterKind) => {
        const golden = await goldenCase("tiny");
        const { plan, webgpu } = await compile({
          ...golden.spec,
          storage: "float16",
          targets: ["webgpu"],
        });
        const weights = syntheticWeights(
          Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
          golden.seed,
        );
        const bare = await (await gpu!.requestAdapter())!.requestDevice();
        const results = [];
        for (const options of [{ gpu: gpu! }, { device: bare }]) {
          const session = await openWebGpuSession(webgpu!, weights, {
            adapterKind,
            onWarning: () => {},
            ...options,
          });
          const { kernels } = await session.adapter();
          const model = new SiglipModel(session);
          results.push({
            kernels,
            data: (await model.getImageFeatures({ pixelValues: golden.pixels })).data,
          });
          await model.dispose();
        }
        bare.destroy();
        expect(results.map(({ kernels }) => kernels)).toEqual([
          `${adapterKind}-f16-subgroups`,
          adapterKind,
        ]);
        const [with16, without] = results as [(typeof results)[0], (typeof results)[0]];
        // The weights are the same numbers however they are read; sums of norms are taken in
        // another order.
        with16.data.forEach((value, i) =>
          expect(Math.abs(value - without.data[i]!)).toBeLessThan(1e-6),
        );
      },
    );
  },
);
