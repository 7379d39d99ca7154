/** Sessions that run on this machine's CPU with the addon. */
import {
  bindCheckpoint,
  checkPlan,
  OptionError,
  Session,
  sumProgress,
  verifyPlan,
  type WarningHandler,
  type WeightSource,
} from "@sigil/runtime/internal";
import type { NativeKernels, Plan } from "@sigil/spec";
import { chooseInstructionSet, loadAddon } from "./addon.ts";
import { createNativeProgram, type NativeOptions } from "./program.ts";

/** What `sigil compile --target cpu` generates for this backend. */
export interface NativeArtifact {
  /** The plan of the CPU. */
  readonly plan: Plan;
  readonly kernels: NativeKernels;
}

export interface NativeSessionOptions extends NativeOptions {
  /** Load a tower when it is first used instead of now. */
  readonly lazy?: boolean;
  /** Receives warnings, once per kind. Default: `console.warn`. */
  readonly onWarning?: WarningHandler;
}

/**
 * Opens a session without loading anything yet. `source` has the names of the plan. Throws
 * NativeError if the addon or the instructions are missing, and OptionError for an invalid number
 * of threads.
 */
export function openNativeHere(
  { plan, kernels }: NativeArtifact,
  source: WeightSource,
  { onProgress, onWarning, ...options }: NativeSessionOptions,
): Session {
  const addon = loadAddon();
  const set = chooseInstructionSet(addon);
  const { threads = addon.cores } = options;
  const most = Math.max(mostThreads, addon.cores);
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= most))
    throw new OptionError(
      `threads: expected a whole number from 1 to ${most}, received ${threads}`,
    );
  const progressOf = onProgress && sumProgress(plan, onProgress);
  const used = Math.min(threads, addon.cores);
  return new Session(
    plan,
    (program) =>
      createNativeProgram(program, kernels, source, {
        ...options,
        ...(progressOf && { onProgress: progressOf(program.name) }),
      }),
    {
      weights: source,
      backend: `cpu: native, ${set}, ${used} ${used === 1 ? "thread" : "threads"}`,
      ...(onWarning && { onWarning }),
    },
  );
}

/** The most threads. There may be more than processors, as with WebAssembly. */
const mostThreads = 64;

/**
 * Checks the checkpoint against the plan and its digests, and loads every program. Throws
 * PlanError, NativeError, or WeightsError, which lists all that does not fit.
 */
export async function openNativeSession(
  artifact: NativeArtifact,
  weights: WeightSource,
  options: NativeSessionOptions = {},
): Promise<Session> {
  await checkPlan(artifact.plan);
  const source = await bindCheckpoint(artifact.plan, weights);
  await verifyPlan(artifact.plan, source, options);
  const session = openNativeHere(artifact, source, options);
  if (options.lazy) return session;
  try {
    for (const program of artifact.plan.programs) await session.load(program);
  } catch (error) {
    await session.dispose();
    throw error;
  }
  return session;
}
