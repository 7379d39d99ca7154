/**
 * Opens a session on WebGPU from a compiled artifact and a checkpoint, on this thread or in a
 * worker.
 */
import { bindCheckpoint, checkPlan, verifyPlan, type WeightSource } from "@sigil/runtime/internal";
import {
  openHere,
  type WebGpuArtifact,
  type WebGpuSession,
  type WebGpuSessionOptions,
} from "./session.ts";

/**
 * Checks the checkpoint against the plan and its digests, requests a device, and loads every
 * program. Throws PlanError, WeightsError, WebGpuError or WorkerError.
 */
export async function openWebGpuSession(
  artifact: WebGpuArtifact,
  weights: WeightSource,
  options: WebGpuSessionOptions = {},
): Promise<WebGpuSession> {
  await checkPlan(artifact.plan);
  const source = await bindCheckpoint(artifact.plan, weights);
  await verifyPlan(artifact.plan, source, options);
  // The worker's own bundle must not come here: bundlers refuse a worker that starts itself.
  const open = options.worker ? (await import("./worker-session.ts")).openInWorker : openHere;
  const session = await open(artifact, source, options);
  try {
    if (!options.lazy) for (const program of artifact.plan.programs) await session.load(program);
  } catch (error) {
    await session.dispose();
    throw error;
  }
  return session;
}
