/**
 * A worker that runs programs on WebGPU for pages and servers; built into one file, dist/worker.js,
 * since a page's import map does not reach workers.
 */
import { bindPlan, serveHere } from "@sigil/runtime/internal";
import type { KernelSet } from "./kernel-set.ts";
import type { WebGpuKernels } from "./pipelines.ts";
import { openHere, type WebGpuArtifact, type WebGpuSessionOptions } from "./session.ts";

serveHere(async ({ plan, artifact, options }, weights, ask) => {
  const kernels = Object.fromEntries(
    (artifact as readonly KernelSet[]).map((set) => [
      set,
      () => ask("kernels", set) as Promise<WebGpuKernels>,
    ]),
  ) as unknown as WebGpuArtifact["kernels"];
  const session = await openHere(
    { plan, kernels },
    bindPlan(plan, weights),
    options as WebGpuSessionOptions,
  );
  return { session, about: () => session.adapter() };
});
