/** WebGPU by Dawn for the command line. */
import {
  compileTarget,
  emitWebGpu,
  kernelSets,
  launchesOf,
  planProgram,
} from "@sigil/compiler/internal";
import {
  createWebGpuProgram,
  DeviceHolder,
  kernelSet,
  offeredFeatures,
  openWebGpuSession,
} from "@sigil/runtime-webgpu";
import { withProgress } from "../../progress.ts";
import type { BackendCommands } from "../backend.ts";
import { openGpu } from "./gpu.ts";

export const openSession: BackendCommands["openSession"] = async (_, spec, weights) => {
  const compiled = await compileTarget(spec, "webgpu");
  const gpu = await openGpu();
  return withProgress("loading", (report) =>
    openWebGpuSession(compiled, weights, {
      gpu,
      onProgress: ({ loadedBytes, totalBytes }) => report(loadedBytes, totalBytes),
    }),
  );
};

export const openLoader: BackendCommands["openLoader"] = async (_, { tuning }) => {
  const devices = new DeviceHolder([], { gpu: await openGpu() });
  return {
    load: async (program, weights) => {
      const held = await devices.get();
      const sets = kernelSets(tuning);
      const set = kernelSet(sets, held.kind, offeredFeatures(held.device));
      const { kernels, launches } = emitWebGpu(launchesOf(program), [set], sets);
      const { planned } = planProgram(program, launches);
      return createWebGpuProgram(planned, kernels[set], held, weights);
    },
    close: () => devices.close(),
  };
};

export const findings: BackendCommands["findings"] = async () => {
  try {
    const holder = new DeviceHolder([], { gpu: await openGpu() });
    const { description, kind } = await holder.get();
    await holder.close();
    return [["webgpu", true, `${description}, kernels for ${kind} adapters`]];
  } catch (error) {
    return [["webgpu", false, (error as Error).message]];
  }
};
