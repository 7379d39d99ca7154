/** The target `webgpu`: a plan, and shaders for each class of adapter. */
import type { AdapterKind, KernelSet, Plan } from "@sigil/spec";
import { artifactModule, placed, placing } from "../../artifact/artifact-module.ts";
import { header } from "../../artifact/header.ts";
import { importExtension } from "../../artifact/import-extension.ts";
import { launchesOf, planStages } from "../../artifact/plan-stages.ts";
import { valueModule } from "../../artifact/value-module.ts";
import { literal, propertyName } from "../../text/literal.ts";
import type { Backend, BackendRuntime } from "../backend.ts";
import { emitWebGpu, type WebGpuModule } from "./emit.ts";
import { distinctSets, kernelSets } from "./kernel-sets.ts";

export interface CompiledWebGpu {
  readonly plan: Plan;
  readonly kernels: WebGpuModule<AdapterKind>["kernels"] & Partial<WebGpuModule["kernels"]>;
}

const runtime: BackendRuntime = {
  package: "@sigil/runtime-webgpu",
  open: "openWebGpuSession",
  options: "WebGpuSessionOptions",
  // An adapter in software is slower than the CPU.
  opener: (targets) =>
    targets.includes("cpu")
      ? { parameters: "automatic", options: "{ refuseSoftware: automatic, ...options }" }
      : { parameters: "", options: "options" },
  artifact: "WebGpuArtifact",
};

export const webgpu: Backend<CompiledWebGpu> = {
  title: "WebGPU",
  where: "where there is a GPU",
  error: { name: "WebGpuError", unsuitable: ["no-adapter", "no-device", "limit"] },
  runtime,
  compile: ({ spec, stages, planOf }) => {
    const sets = kernelSets(spec.tuning);
    const { kernels, launches } = emitWebGpu(
      stages.flatMap(({ lowered }) => launchesOf(lowered)),
      Object.keys(sets) as KernelSet[],
      sets,
    );
    return {
      plan: planOf(planStages(stages, launches).map(({ planned }) => planned)),
      kernels: distinctSets(kernels),
    };
  },
  sources: ({ kernels }) =>
    Object.fromEntries(
      Object.entries(kernels).flatMap(([adapter, byName]) =>
        Object.entries(byName).map(([name, { code }]) => [`wgsl/${adapter}/${name}.wgsl`, code]),
      ),
    ),
  modules: ({ plan, kernels }, source) => {
    const shaders = Object.entries(kernels).map(([adapter, byName]) =>
      valueModule(
        {
          name: `webgpu.${adapter}`,
          header: header(plan.name, source, `the shaders of wgsl/${adapter}.`),
          imports: [],
          exported: "kernels",
          type: "WebGpuKernels",
          runtime: runtime.package,
          value: [
            "{",
            ...Object.entries(byName).map(
              ([name, { grid, code }]) =>
                `  ${name}: { grid: ${literal(grid)}, code: ${literal(downloaded(code))} },`,
            ),
            "}",
          ].join("\n"),
        },
        source.emit,
      ),
    );
    // An adapter's class and features are known when it is asked for, and only its shaders are
    // downloaded.
    const loaders = Object.keys(kernels).map(
      (adapter) =>
        `    ${propertyName(adapter)}: async () => (await ` +
        `import("./webgpu.${adapter}${importExtension(source)}")).kernels,`,
    );
    return {
      ...Object.assign({}, ...shaders),
      ...artifactModule(
        plan,
        source,
        "webgpu",
        runtime,
        "webgpu.plan.json, and where the shaders of each class of adapter are.",
        placing,
        [placed(plan), "  kernels: {", ...loaders, "  },"],
      ),
    };
  },
};

/**
 * Without what comments and indentation say to people, on the same lines, so that a place in a
 * report is one in the file of the shader.
 */
const downloaded = (code: string): string => code.replace(/^ *(?:\/\/.*)?/gm, "");
