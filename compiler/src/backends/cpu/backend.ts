/** The target `cpu`: WebAssembly, and what the native addon runs in its place. */
import type { NativeKernels, Plan } from "@sigil/spec";
import { artifactModule, placed, placing } from "../../artifact/artifact-module.ts";
import { header } from "../../artifact/header.ts";
import { importExtension } from "../../artifact/import-extension.ts";
import { launchesOf, planStages } from "../../artifact/plan-stages.ts";
import { valueModule } from "../../artifact/value-module.ts";
import type { MemoryPlan } from "../../passes/plan-memory.ts";
import { literal } from "../../text/literal.ts";
import type { Backend, BackendRuntime, Files, ModuleSource } from "../backend.ts";
import { emitNative } from "../native/index.ts";
import { emitCpu, type CpuModule } from "./emit.ts";

/** The kernels of every program, shared where they are equal. */
export interface CompiledCpu {
  readonly plan: Plan;
  /** Of each program. */
  readonly memory: readonly MemoryPlan[];
  readonly wat: string;
  readonly choices: CpuModule["choices"];
  readonly plain: Uint8Array;
  readonly relaxed: Uint8Array;
  /** What the native addon runs instead, by the plan's kernels; undefined if it cannot. */
  readonly native?: NativeKernels;
}

const runtime: BackendRuntime = {
  package: "@sigil/runtime-cpu",
  open: "openCpuSession",
  options: "CpuSessionOptions",
  // What is a choice of the CPU's alone there is one of all backends here.
  decided: ["backend", "onBackend"],
  opener: () => ({ parameters: "_, cpu", options: "{ ...options, ...cpu }" }),
  artifact: "CpuArtifact",
};

export const cpu: Backend<CompiledCpu> = {
  title: "the CPU",
  runtime,
  compile: async ({ stages, planOf }) => {
    const launches = stages.flatMap(({ lowered }) => launchesOf(lowered));
    const plain = await emitCpu(launches, { relaxed: false, sharedMemory: true });
    const relaxed = await emitCpu(launches, { relaxed: true, sharedMemory: true });
    const native = emitNative(
      launches.map(({ problem }) => problem),
      plain.kernels.map(({ name }) => name),
    );
    const planned = planStages(stages, plain.kernels);
    return {
      plan: planOf(planned.map((program) => program.planned)),
      memory: planned.map(({ memory }) => memory),
      wat: plain.wat,
      choices: plain.choices,
      plain: plain.wasm,
      relaxed: relaxed.wasm,
      ...(native && { native }),
    };
  },
  sources: ({ wat }) => ({ "kernels.wat": `${wat}\n` }),
  modules: ({ plan, plain, relaxed, native }, source) => ({
    ...artifactModule(
      plan,
      source,
      "cpu",
      runtime,
      "plan.json, and kernels.wat assembled without and with relaxed SIMD.",
      placing,
      [
        placed(plan),
        "  wasm: {",
        `    plain: "${base64(plain)}",`,
        `    relaxed: "${base64(relaxed)}",`,
        "  },",
        // Node alone imports it.
        ...(native
          ? [`  native: async () => (await import("./native${importExtension(source)}")).kernels,`]
          : []),
      ],
    ),
    ...(native && nativeModule(plan, native, source)),
  }),
};

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const nativeModule = ({ name }: Plan, kernels: NativeKernels, source: ModuleSource): Files =>
  valueModule(
    {
      name: "native",
      header: header(name, source, "what the native addon runs in place of the kernels of cpu."),
      imports: [],
      exported: "kernels",
      type: "NativeKernels",
      runtime: runtime.package,
      value: [
        "{",
        ...Object.entries(kernels).map(([kernel, value]) => `  ${kernel}: ${literal(value)},`),
        "}",
      ].join("\n"),
    },
    source.emit,
  );
