/** Choosing among the backends that a module was compiled for; never silently. */
import type { Session } from "./session.ts";

export type BackendName = "cpu" | "webgpu";

/** Which backend a session runs on, and why it and not another. */
export interface BackendChoice {
  readonly backend: BackendName;
  readonly reason: string;
}

export interface BackendOptions {
  /** `auto`, the default: WebGPU where a hardware adapter gives a device with the limits that the model needs, else the CPU. */
  readonly backend?: "auto" | BackendName;
  /** Told before anything is returned; a model's `session.backend` says the same later. */
  readonly onBackend?: (choice: BackendChoice) => void;
}

/** Opens a session; `automatic` if the caller left the choice open. */
export type BackendOpener = (automatic: boolean) => Promise<Session>;

/** That WebGPU cannot run the model here, rather than that something is wrong. */
const unsuitable = (error: unknown): error is Error => error instanceof Error && error.name === "WebGpuError" && ["no-adapter", "no-device", "limit"].includes((error as Error & { code?: string }).code ?? "");

/** Opens what was asked for, or the first that can run; any failure but an adapter that is missing, too small or without a device is thrown. */
export async function openBackend({ backend = "auto", onBackend }: BackendOptions, openers: Readonly<Record<BackendName, BackendOpener>>): Promise<Session> {
  if (backend !== "auto") {
    const session = await openers[backend](false);
    onBackend?.({ backend, reason: "asked for" });
    return session;
  }
  try {
    const session = await openers.webgpu(true);
    onBackend?.({ backend: "webgpu", reason: session.backend });
    return session;
  } catch (error) {
    if (!unsuitable(error)) throw error;
    const session = await openers.cpu(true);
    onBackend?.({ backend: "cpu", reason: error.message });
    return session;
  }
}
