/** A session whose programs run in a worker, on threads of its own where memory can be shared. */
import { connectSession, Session, startWorker, type WeightSource } from "@sigil/runtime/internal";
import { CapacityError } from "./capacity.ts";
import type { CpuArtifact, CpuSessionOptions } from "./session.ts";

/** Loads nothing yet. */
export async function openInWorker(
  { plan, wasm }: CpuArtifact,
  weights: WeightSource,
  { worker: given, lazy: _lazy, onWarning, ...options }: CpuSessionOptions,
): Promise<Session> {
  // Rather than start a worker only to end it.
  options.signal?.throwIfAborted();
  const owned = typeof given !== "object";
  // Bundlers find the worker by this very form.
  const worker = owned
    ? await startWorker(
        () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }),
        async () => (await import("./worker-source.js")).source,
      )
    : given;
  const { create, backend, close } = await connectSession({
    worker,
    owned,
    plan,
    artifact: wasm,
    options,
    weights,
    errors: { CapacityError },
  });
  return new WorkerSession(close, plan, create, {
    weights,
    backend,
    ...(onWarning && { onWarning }),
  });
}

class WorkerSession extends Session {
  readonly #close: () => Promise<void>;

  constructor(close: () => Promise<void>, ...parameters: ConstructorParameters<typeof Session>) {
    super(...parameters);
    this.#close = close;
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    await this.#close();
  }
}
