/** Choosing among the backends that a module was compiled for; never silently. */
import { backends, type BackendFacts, type Target } from "@sigil/spec/shared";
import { OptionError } from "./option-error.ts";
import type { Session } from "./session.ts";

export type BackendName = Target;

/**
 * The two ways of computing on the CPU: an addon of Node, and WebAssembly. `cpu` is the first that
 * can run.
 */
export type CpuBackendName = "native" | "wasm";

/** Which backend a session runs on, and why it and not another. */
export interface BackendChoice<Name extends BackendName = "cpu" | "webgpu"> {
  readonly backend: Name;
  readonly reason: string;
}

export interface BackendOptions<Name extends BackendName = "cpu" | "webgpu"> {
  /**
   * `auto`, the default: the first that can run of CUDA, WebGPU where a hardware adapter gives a
   * device with the limits that the model needs, and the CPU, as far as the module was compiled for
   * them. `native` and `wasm` are the CPU in one way.
   */
  readonly backend?: "auto" | Name | ("cpu" extends Name ? CpuBackendName : never);
  /** Told before anything is returned; a model's `session.backend` says the same later. */
  readonly onBackend?: (choice: BackendChoice<Name>) => void;
}

/** What ways of computing there are on the CPU is for whoever opens it to say. */
export interface CpuChoice {
  readonly backend: "auto" | "cpu" | CpuBackendName;
  readonly onBackend: (choice: {
    readonly backend: CpuBackendName;
    readonly reason: string;
  }) => unknown;
}

/**
 * Opens a session; `automatic` if the caller left the choice open. `cpu` is for the opener of the
 * CPU.
 */
export type BackendOpener = (automatic: boolean, cpu: CpuChoice) => Promise<Session>;

/** In the order in which they are tried. */
const order = (Object.keys(backends) as BackendName[]).reverse();

/**
 * Whether an error says that a backend cannot run the model here, rather than that something is
 * wrong.
 */
const isUnsuitable = (error: unknown, { error: known }: BackendFacts): error is Error =>
  error instanceof Error &&
  error.name === known?.name &&
  known.unsuitable.includes((error as Error & { code?: string }).code ?? "");

/**
 * Opens what was asked for, or the first that can run; any failure but a device that is missing or
 * not up to the model is thrown, and so is that of the last one.
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
      reasons.push(`${facts.title} is there in Node alone`);
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
