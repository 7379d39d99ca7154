/**
 * A compiled artifact and a checkpoint to a session that runs on this machine's CPU, on this thread
 * or from a worker.
 */
import { bindPlan, checkPlan, type Session, verifyPlan, type WeightSource } from "@sigil/runtime";
import { openHere, type CpuArtifact, type CpuSessionOptions } from "./session.ts";

/**
 * Checks the checkpoint against the plan and its digests and loads every program. Throws PlanError,
 * WeightsError with all that does not fit, CapacityError before reading what cannot fit,
 * WorkerError.
 */
export async function openCpuSession(
  artifact: CpuArtifact,
  weights: WeightSource,
  options: CpuSessionOptions = {},
): Promise<Session> {
  await checkPlan(artifact.plan);
  const source = bindPlan(artifact.plan, weights);
  await verifyPlan(artifact.plan, source, options);
  // The worker's own bundle must not come here: bundlers refuse a worker that starts itself.
  const open = options.worker ? (await import("./worker-session.ts")).openInWorker : openHere;
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
