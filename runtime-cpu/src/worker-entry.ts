/**
 * A worker that runs programs on the CPU for pages and servers; built into one file,
 * dist/worker.js, since a page's import map does not reach workers.
 */
import { bindPlan, serveHere } from "@sigil/runtime/internal";
import { openHere, type CpuArtifact, type CpuSessionOptions } from "./session.ts";

serveHere(async ({ plan, artifact, options }, weights) => ({
  session: openHere(
    { plan, wasm: artifact as CpuArtifact["wasm"] },
    bindPlan(plan, weights),
    options as CpuSessionOptions,
  ),
}));
