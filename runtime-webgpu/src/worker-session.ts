/** A session whose device lives in a worker. */
import {
  connectSession,
  OptionError,
  reporting,
  startWorker,
  type WeightSource,
  type WorkerOptions,
} from "@sigil/runtime/internal";
import type { KernelSet } from "./kernel-set.ts";
import { WebGpuError } from "./error.ts";
import {
  WebGpuSession,
  type UsedAdapter,
  type WebGpuArtifact,
  type WebGpuSessionOptions,
} from "./session.ts";

/**
 * {@link WebGpuSession} in a worker; loads nothing yet. Throws an OptionError for a device or a GPU
 * of this thread.
 */
export async function openInWorker(
  { plan, kernels }: WebGpuArtifact,
  weights: WeightSource,
  {
    worker: given,
    lazy: _lazy,
    onWarning,
    onDeviceLost,
    ...options
  }: WebGpuSessionOptions & WorkerOptions,
): Promise<WebGpuSession> {
  for (const key of ["device", "gpu"] as const)
    if (options[key])
      throw new OptionError(
        `${key}: it belongs to the thread that made it; leave out \`worker\`, or let the ` +
          "worker ask for its own",
      );
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
  const { create, backend, about, close } = await connectSession({
    worker,
    owned,
    plan,
    artifact: Object.keys(kernels),
    options: { ...options, ...(onDeviceLost && { onDeviceLost: reporting(onDeviceLost) }) },
    weights,
    handlers: {
      kernels: async (set: KernelSet) =>
        typeof kernels[set] === "function" ? kernels[set]() : kernels[set],
    },
    errors: { WebGpuError },
  });
  return new WebGpuSession({ get: () => about() as Promise<UsedAdapter>, close }, plan, create, {
    weights,
    backend,
    ...(onWarning && { onWarning }),
  });
}
