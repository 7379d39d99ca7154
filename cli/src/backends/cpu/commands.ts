/** WebAssembly and the native addon for the command line. */
import { availableParallelism, totalmem } from "node:os";
import {
  compileTarget,
  cpuArtifact,
  emitCpu,
  emitNative,
  launchesOf,
  planProgram,
} from "@sigil/compiler/internal";
import { InputError } from "@sigil/runtime";
import { createProgram, openCpuSession } from "@sigil/runtime-cpu";
import { chooseInstructionSet, createNativeProgram, loadAddon } from "@sigil/runtime-native";
import { withProgress } from "../../progress.ts";
import type { BackendCommands, Finding } from "../backend.ts";

export const openSession: BackendCommands["openSession"] = async (
  way,
  spec,
  weights,
  { threads },
) => {
  const cpu = await compileTarget(spec, "cpu");
  return withProgress("loading", (report) =>
    openCpuSession(cpuArtifact({ plan: cpu.plan, cpu }), weights, {
      backend: way === "native" || way === "wasm" ? way : "cpu",
      onProgress: ({ loadedBytes, totalBytes }) => report(loadedBytes, totalBytes),
      ...(typeof threads === "number" && { threads }),
    }),
  );
};

export const openLoader: BackendCommands["openLoader"] = async (way) => ({
  load: async (program, weights) => {
    const launches = launchesOf(program);
    const { wasm, kernels } = await emitCpu(launches, { relaxed: false, sharedMemory: true });
    const { planned } = planProgram(program, kernels);
    if (way === "cpu") return createProgram(planned, wasm, weights);
    const native = emitNative(
      launches.map(({ problem }) => problem),
      kernels.map(({ name }) => name),
    );
    if (!native) throw new InputError(`${program.name} has a kernel that native cannot run`);
    return createNativeProgram(planned, native, weights);
  },
  close: async () => {},
});

/** f32x4.relaxed_madd in the smallest module that has it. */
const relaxedMadd = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0,
  32, 0, 32, 1, 32, 2, 0xfd, 0x85, 0x02, 0x0b,
]);

export const findings: BackendCommands["findings"] = async () => [
  [
    "cpu",
    true,
    `WebAssembly SIMD, ${availableParallelism()} threads, ` +
      `${(totalmem() / 2 ** 30).toFixed(1)} GiB memory`,
  ],
  native(),
  [
    "relaxed SIMD",
    WebAssembly.validate(relaxedMadd),
    "fused multiply-add; optional, used where the engine has it",
  ],
];

function native(): Finding {
  try {
    const addon = loadAddon();
    return [
      "native",
      true,
      `${chooseInstructionSet(addon)}, ${addon.cores} physical cores; modules compiled for ` +
        "cpu run on it",
    ];
  } catch (error) {
    const { message } = error as Error;
    return ["native", false, `${message}; modules compiled for cpu run on WebAssembly`];
  }
}
