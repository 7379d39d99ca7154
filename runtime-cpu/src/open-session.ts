/**
 * Opens a session on the CPU from a compiled artifact and a checkpoint: with the native addon or
 * WebAssembly, on this thread or in a worker.
 */
import {
  bindCheckpoint,
  checkPlan,
  type Session,
  verifyPlan,
  type WeightSource,
} from "@sigil/runtime/internal";
import { openNative } from "./open-native.ts";
import { openHere, type CpuArtifact, type CpuSessionOptions } from "./session.ts";

/**
 * Checks the checkpoint against the plan and its digests, and loads every program. Throws
 * PlanError; WeightsError, which lists all that does not fit; CapacityError, before reading
 * anything; WorkerError; and NativeError or OptionError if `native` was requested and cannot run.
 */
export async function openCpuSession(
  artifact: CpuArtifact,
  weights: WeightSource,
  options: CpuSessionOptions = {},
): Promise<Session> {
  await checkPlan(artifact.plan);
  const source = await bindCheckpoint(artifact.plan, weights);
  await verifyPlan(artifact.plan, source, options);
  const session = await open(artifact, source, options);
  if (options.lazy) return session;
  try {
    for (const program of artifact.plan.programs) await session.load(program);
  } catch (error) {
    await session.dispose();
    throw error;
  }
  return session;
}

async function open(
  artifact: CpuArtifact,
  source: WeightSource,
  { backend: asked, onBackend, ...options }: CpuSessionOptions,
): Promise<Session> {
  const native = await openNative(artifact, source, asked, options);
  if (typeof native === "object") {
    onBackend?.({ backend: "native", reason: asked === "native" ? "asked for" : native.backend });
    return native;
  }
  // The worker's own bundle must not come here: bundlers refuse a worker that starts itself.
  const session = options.worker
    ? await (await import("./worker-session.ts")).openInWorker(artifact, source, options)
    : openHere(artifact, source, options, native);
  onBackend?.({ backend: "wasm", reason: asked === "wasm" ? "asked for" : session.backend });
  return session;
}
