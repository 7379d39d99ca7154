/** The target `cuda`: a plan, and `.cu` files that nvcc compiles. */
import type { Plan } from "@sigil/spec";
import { artifactModule } from "../../artifact/artifact-module.ts";
import { launchesOf, planStages } from "../../artifact/plan-stages.ts";
import { gatherOnDevice } from "../../passes/gather-on-device.ts";
import { narrow } from "../../passes/narrow.ts";
import { literal } from "../../text/literal.ts";
import type { Backend, BackendRuntime } from "../backend.ts";
import { emitCuda, type CudaModule } from "./emit.ts";

/** A model compiled for CUDA. With weights of 16 bits, most values have 16 bits too. */
export interface CompiledCuda extends Pick<CudaModule, "kernels" | "sources"> {
  readonly plan: Plan;
}

const runtime: BackendRuntime = {
  package: "@sigil/runtime-cuda",
  open: "openCudaSession",
  options: "CudaSessionOptions",
  artifact: "CudaArtifact",
};

export const cuda: Backend<CompiledCuda> = {
  title: "CUDA",
  where: "where there is a device for it",
  node: true,
  error: {
    name: "CudaError",
    unsuitable: ["no-addon", "no-driver", "driver-too-old", "no-device", "wrong-architecture"],
  },
  runtime,
  compile: ({ spec, stages, planOf }) => {
    const programs = stages.map(({ lowered }) => ({
      lowered: gatherOnDevice(narrow(lowered, spec.storage), spec.storage),
    }));
    const { kernels, sources, launches } = emitCuda(
      programs.flatMap(({ lowered }) => launchesOf(lowered)),
    );
    return {
      plan: planOf(planStages(programs, launches).map(({ planned }) => planned)),
      kernels,
      sources,
    };
  },
  sources: ({ sources }) =>
    Object.fromEntries(
      Object.entries(sources).flatMap(([path, byName]) =>
        Object.entries(byName).map(([name, source]) => [`cuda/${path}/${name}.cu`, source]),
      ),
    ),
  modules: ({ plan, kernels }, source) => {
    const table = Object.entries(kernels).map(([path, byName]) =>
      [
        `    ${path}: {`,
        ...Object.entries(byName).map(([name, kernel]) => `      ${name}: ${literal(kernel)},`),
        "    },",
      ].join("\n"),
    );
    const images = Object.keys(kernels).map(
      (path) => `    ${path}: () => readImage(new URL("kernels.${path}.fatbin", import.meta.url)),`,
    );
    return artifactModule(
      plan,
      source,
      "cuda",
      runtime,
      "cuda.plan.json, how the kernels of cuda/ are launched, and where they lie when nvcc " +
        "has compiled them.",
      `import { readImage } from "${runtime.package}";`,
      [
        `  plan: ${literal(plan)},`,
        "  kernels: {",
        ...table,
        "  },",
        "  images: {",
        ...images,
        "  },",
      ],
    );
  },
};
