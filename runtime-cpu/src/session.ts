/** A compiled artifact and a checkpoint to a session that runs on this machine's CPU. */
import { bindPlan, Session, sumProgress, type WarningHandler, type WeightSource } from "@sigil/runtime";
import type { Plan } from "@sigil/spec";
import { createProgram, type CpuOptions } from "./program.ts";

/** What `sigil compile --target cpu` generates. */
export interface CpuArtifact {
  readonly plan: Plan;
  /** Modules with the same kernels, bytes or base64: for every engine, and for those with relaxed SIMD. */
  readonly wasm: { readonly plain: Uint8Array | string; readonly relaxed: Uint8Array | string };
}

export interface CpuSessionOptions extends CpuOptions {
  /** Load a tower when it is first used rather than now. */
  readonly lazy?: boolean;
  /** Takes warnings, once per kind; `console.warn` by default. */
  readonly onWarning?: WarningHandler;
}

const bytesOf = (module: Uint8Array | string): Uint8Array => (typeof module === "string" ? Uint8Array.from(atob(module), (character) => character.charCodeAt(0)) : module);

/** Checks the checkpoint against the plan and loads every program. Throws WeightsError with all that does not fit, CapacityError before reading what cannot fit. */
export async function openCpuSession({ plan, wasm }: CpuArtifact, weights: WeightSource, { lazy, onProgress, onWarning, ...options }: CpuSessionOptions = {}): Promise<Session> {
  const source = bindPlan(plan, weights);
  const modules = { plain: bytesOf(wasm.plain), relaxed: bytesOf(wasm.relaxed) };
  const progressOf = onProgress && sumProgress(plan, onProgress);
  const session = new Session(plan, (program) => createProgram(program, modules, source, { ...options, ...(progressOf && { onProgress: progressOf(program.name) }) }),
    { weights: source, backend: "cpu: WebAssembly", ...(onWarning && { onWarning }) },
  );
  if (lazy) return session;
  try {
    for (const program of plan.programs) await session.load(program);
  } catch (error) {
    await session.dispose();
    throw error;
  }
  return session;
}
