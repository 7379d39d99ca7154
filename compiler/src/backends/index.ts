/**
 * The targets of the compiler. `npm run generate` writes the spec's list of targets, and what the
 * command line loads for each, from this table.
 */
import type { Backend } from "./backend.ts";
import { cpu } from "./cpu/backend.ts";
import { cuda } from "./cuda/backend.ts";
import { webgpu } from "./webgpu/backend.ts";

/** A session is opened on the last of them that can run. */
export const backends = { cpu, webgpu, cuda };

export type Backends = typeof backends;

/** What a model compiled for a target has under its name. */
export type CompiledTargets = {
  readonly [Name in keyof Backends]: Backends[Name] extends Backend<infer Compiled>
    ? Compiled
    : never;
};
