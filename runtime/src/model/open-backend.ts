/** Chooses among the backends that a module was compiled for, and tells which and why. */
import { backends, type BackendFacts, type Target } from "@sigil/spec/shared";
import { OptionError } from "./option-error.ts";
import type { Session } from "./session.ts";

export type BackendName = Target;

/**
 * The two ways to run on the CPU: the native Node addon, and WebAssembly. `cpu` takes the first
 * that can run.
 */
export type CpuBackendName = "native" | "wasm";

/** Which backend a session runs on, and why that one was chosen. */
export interface BackendChoice<Name extends BackendName = "cpu" | "webgpu"> {
  readonly backend: Name;
  readonly reason: string;
}

export interface BackendOptions<Name extends BackendName = "cpu" | "webgpu"> {
  /**
   * The default, `auto`, takes the first that can run of CUDA, WebGPU and the CPU, among those that
   * the module was compiled for. WebGPU needs a hardware adapter with the limits that the model
   * needs. `native` and `wasm` run on the CPU in that way only.
   */
  readonly backend?: "auto" | Name | ("cpu" extends Name ? CpuBackendName : never);
  /**
   * Called with the choice before the session is returned. `session.backend` of a model says the
   * same later.
   */
  readonly onBackend?: (choice: BackendChoice<Name>) => void;
}

/** The choice on the CPU. Whoever opens the CPU says which ways it has. */
export interface CpuChoice {
  readonly backend: "auto" | "cpu" | CpuBackendName;
  readonly onBackend: (choice: {
    readonly backend: CpuBackendName;
    readonly reason: string;
  }) => unknown;
}

/**
 * Opens a session. `automatic` is true if the caller left the choice of backend open. Only the
 * opener of the CPU reads `cpu`.
 */
export type BackendOpener = (automatic: boolean, cpu: CpuChoice) => Promise<Session>;

/** The backends in the order in which they are tried. */
const order = (Object.keys(backends) as BackendName[]).reverse();

/** Whether an error says that a backend cannot run the model here, as opposed to a real failure. */
const isUnsuitable = (error: unknown, { error: known }: BackendFacts): error is Error =>
  error instanceof Error &&
  error.name === known?.name &&
  known.unsuitable.includes((error as Error & { code?: string }).code ?? "");

/**
 * Opens the backend that was asked for, or the first that can run. A missing or unsuitable device
 * makes it try the next backend, except for the last. Every other failure is thrown.
 */
export async function openBackend<Name extends BackendName>(
  { backend: asked = "auto", onBackend }: BackendOptions<Name>,
  openers: Readonly<Record<Name, BackendOpener>>,
): Promise<Session> {
  const automatic = asked === "auto";
  const reasons: string[] = [];
  const cpu: CpuChoice = {
    backend: asked as CpuChoice["backend"],
    onBackend: ({ reason }) => reasons.push(reason),
  };
  // What is no backend of the module is a way of the CPU, or nothing that its opener takes.
  const there = (
    automatic ? order.filter((name) => name in openers) : [asked in openers ? asked : "cpu"]
  ) as readonly Name[];
  for (const name of there) {
    const last = name === there.at(-1);
    const facts = backends[name];
    if (facts.node && !last && !globalThis.process?.versions?.node) {
      reasons.push(`${facts.title} works only in Node`);
      continue;
    }
    try {
      const session = await openers[name](automatic, cpu);
      const reason = automatic ? reasons.join("; ") || session.backend : "asked for";
      onBackend?.({ backend: name, reason });
      return session;
    } catch (error) {
      if (last || !isUnsuitable(error, facts)) throw error;
      reasons.push(error.message);
    }
  }
  throw new OptionError("the module was compiled for no backend");
}
