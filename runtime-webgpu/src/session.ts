/** Sessions that run on WebGPU. */
import { Session, sumProgress, type Program, type WarningHandler, type WeightReader, type WeightSource, type WorkerOptions } from "@sigil/runtime";
import type { Plan, PlannedProgram } from "@sigil/spec";
import type { AdapterKind } from "./adapter-kind.ts";
import { DeviceHolder, type DeviceOptions, type HeldDevice } from "./device-holder.ts";
import type { WebGpuKernels } from "./pipelines.ts";
import { createWebGpuProgram, type ProgramOptions } from "./program.ts";

/** What `sigil compile --target webgpu` generates: a plan, and its kernels for each class of adapter. */
export interface WebGpuArtifact {
  readonly plan: Plan;
  /** By class of adapter: kernels by name, or a function that fetches them once the class is known. */
  readonly kernels: Readonly<Record<AdapterKind, WebGpuKernels | (() => Promise<WebGpuKernels>)>>;
}

export interface WebGpuSessionOptions extends DeviceOptions, ProgramOptions, WorkerOptions {
  /** Load a tower when it is first used rather than now. */
  readonly lazy?: boolean;
  /** Takes warnings, once per kind; `console.warn` by default. */
  readonly onWarning?: WarningHandler;
}

/** Who has the device: this thread or a worker. */
interface Adapter {
  get(): Promise<{ readonly description: string; readonly kind: AdapterKind }>;
  close(): Promise<void>;
}

/** A session that knows its adapter. */
export class WebGpuSession extends Session {
  readonly #holder: Adapter;

  constructor(holder: Adapter, ...parameters: ConstructorParameters<typeof Session>) {
    super(...parameters);
    this.#holder = holder;
  }

  /** Name and class of the adapter that runs are sent to. */
  async adapter(): Promise<{ readonly description: string; readonly kind: AdapterKind }> {
    const { description, kind } = await this.#holder.get();
    return { description, kind };
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    await this.#holder.close();
  }
}

/** Asks this thread for a device; loads nothing yet. `source` has the names of the plan. */
export async function openHere({ plan, kernels }: WebGpuArtifact, source: WeightSource, options: WebGpuSessionOptions): Promise<WebGpuSession> {
  const holder = new DeviceHolder(plan.programs, options);
  const { onProgress, onWarning } = options;
  const progressOf = onProgress && sumProgress(plan, onProgress);
  const create = (program: PlannedProgram): Promise<Program> => RecoveringProgram.load(program, kernels, holder, source, { ...options, ...(progressOf && { onProgress: progressOf(program.name) }) });
  const { description, kind } = await holder.get();
  return new WebGpuSession(holder, plan, create, { weights: source, backend: `webgpu: ${description} (${kind})`, ...(onWarning && { onWarning }) });
}

/** A program that is loaded again, weights and all, at the first run after its device was lost. */
class RecoveringProgram implements Program {
  readonly #load: (held: HeldDevice) => Promise<Program>;
  readonly #holder: DeviceHolder;
  #current: { readonly held: HeldDevice; readonly program: Promise<Program> };

  private constructor(holder: DeviceHolder, held: HeldDevice, load: (held: HeldDevice) => Promise<Program>) {
    this.#holder = holder;
    this.#load = load;
    this.#current = { held, program: load(held) };
  }

  static async load(program: PlannedProgram, kernels: WebGpuArtifact["kernels"], holder: DeviceHolder, weights: WeightReader, options: ProgramOptions): Promise<RecoveringProgram> {
    const recovering = new RecoveringProgram(holder, await holder.get(), async (held) => {
      const given = kernels[held.kind];
      return createWebGpuProgram(program, typeof given === "function" ? await given() : given, held, weights, options);
    });
    await recovering.#current.program;
    return recovering;
  }

  async run(...parameters: Parameters<Program["run"]>): ReturnType<Program["run"]> {
    if (this.#current.held.isLost()) {
      const held = await this.#holder.get();
      if (this.#current.held !== held) this.#current = { held, program: this.#load(held) };
    }
    return (await this.#current.program).run(...parameters);
  }

  async dispose(): Promise<void> {
    await (await this.#current.program.catch(() => undefined))?.dispose();
  }
}
