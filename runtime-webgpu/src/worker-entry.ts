/** A worker that runs programs on WebGPU for pages; built into one file, dist/worker.js, since a page's import map does not reach workers. */
import { bindPlan, serveSessions } from "@sigil/runtime";
import type { AdapterKind } from "./adapter-kind.ts";
import type { WebGpuKernels } from "./pipelines.ts";
import { openHere, type WebGpuSessionOptions } from "./session.ts";

serveSessions(globalThis as never, async ({ plan, artifact, options }, weights, ask) => {
  const kernels = Object.fromEntries((artifact as readonly AdapterKind[]).map((kind) => [kind, () => ask("kernels", kind) as Promise<WebGpuKernels>])) as unknown as Record<AdapterKind, () => Promise<WebGpuKernels>>;
  const session = await openHere({ plan, kernels }, bindPlan(plan, weights), options as WebGpuSessionOptions);
  return { session, about: await session.adapter() };
});
