/** Sessions that run on this machine's CPU. */
import {
  Session,
  sumProgress,
  type CpuBackendName,
  type WarningHandler,
  type WeightSource,
  type WorkerOptions,
} from "@sigil/runtime/internal";
import type { NativeKernels, Plan } from "@sigil/spec";
import type { WasmPair } from "./module.ts";
import { createProgram, type CpuOptions } from "./program.ts";

/** What `sigil compile --target cpu` generates. */
export interface CpuArtifact {
  readonly plan: Plan;
  /**
   * Modules with the same kernels, as bytes or base64: one for every engine, and one for engines
   * with relaxed SIMD.
   */
  readonly wasm: { readonly plain: Uint8Array | string; readonly relaxed: Uint8Array | string };
  /** What the native addon runs instead. Without it, the module runs on WebAssembly. */
  readonly native?: NativeKernels | (() => Promise<NativeKernels>);
}

export interface CpuSessionOptions extends CpuOptions, WorkerOptions {
  /** Load a tower when it is first used instead of now. */
  readonly lazy?: boolean;
  /** Receives warnings, once per kind. Default: `console.warn`. */
  readonly onWarning?: WarningHandler;
  /**
   * The default, `auto` or `cpu`, takes the native addon of @sigil/runtime-native in Node if it is
   * installed and supports the processor, else WebAssembly.
   */
  readonly backend?: "auto" | "cpu" | CpuBackendName;
  /**
   * Called with the choice and the reason before the session is returned. `session.backend` says it
   * later.
   */
  readonly onBackend?: (choice: {
    readonly backend: CpuBackendName;
    readonly reason: string;
  }) => unknown;
}

const bytesOf = (module: Uint8Array | string): Uint8Array =>
  typeof module === "string"
    ? Uint8Array.from(atob(module), (character) => character.charCodeAt(0))
    : module;

/** Modules of generated files, which are text and never change. */
const decoded = new WeakMap<CpuArtifact["wasm"], WasmPair>();

function modulesOf(wasm: CpuArtifact["wasm"]): WasmPair {
  const modules = decoded.get(wasm) ?? {
    plain: bytesOf(wasm.plain),
    relaxed: bytesOf(wasm.relaxed),
  };
  if (typeof wasm.plain === "string" && typeof wasm.relaxed === "string")
    decoded.set(wasm, modules);
  return modules;
}

/**
 * Opens a session without loading anything yet. `source` has the names of the plan. `reason` says
 * why it is WebAssembly if that was not asked for.
 */
export function openHere(
  { plan, wasm }: CpuArtifact,
  source: WeightSource,
  { onProgress, onWarning, ...options }: CpuSessionOptions,
  reason?: string,
): Session {
  const modules = modulesOf(wasm);
  const progressOf = onProgress && sumProgress(plan, onProgress);
  return new Session(
    plan,
    (program) =>
      createProgram(program, modules, source, {
        ...options,
        ...(progressOf && { onProgress: progressOf(program.name) }),
      }),
    {
      weights: source,
      backend: `cpu: WebAssembly${reason ? `, since ${reason}` : ""}`,
      ...(onWarning && { onWarning }),
    },
  );
}
