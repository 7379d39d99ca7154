/** The native runtime: its addon, built for the tests, and the instruction sets of this machine. */
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { syntheticWeights, type Session } from "@sigil/runtime";
import { loadAddon, openNativeSession, type NativeSessionOptions } from "@sigil/runtime-native";
import type { ModelSpec } from "@sigil/spec";
import { buildAddon } from "./build-addon.ts";
import { hostCompiler } from "./gxx.ts";

const folder = join(import.meta.dirname, "../../runtime-native");
export const nativeAddon = join(folder, "build/Release/sigil_native.node");

if (hostCompiler) await buildAddon(folder, nativeAddon);

/** Those that this machine has, the best first; empty where tests must skip. */
export const instructionSets: readonly string[] = hostCompiler
  ? loadAddon().instructionSets("")
  : [];

/** Runs with one instruction set alone; what was set before is back afterwards. */
export async function withInstructionSet<T>(set: string, run: () => Promise<T>): Promise<T> {
  const before = process.env.SIGIL_NATIVE_ISA;
  process.env.SIGIL_NATIVE_ISA = set;
  try {
    return await run();
  } finally {
    if (before === undefined) delete process.env.SIGIL_NATIVE_ISA;
    else process.env.SIGIL_NATIVE_ISA = before;
  }
}

/** Opens a spec natively, with the synthetic weights of a seed. */
export async function openNative(
  spec: ModelSpec,
  seed: number,
  options: NativeSessionOptions = {},
): Promise<Session> {
  const { plan, cpu } = await compile({ ...spec, targets: ["cpu"] });
  const weights = syntheticWeights(
    Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
    seed,
  );
  return openNativeSession({ plan, kernels: cpu.native! }, weights, options);
}
