/** A compiled artifact and a checkpoint to a session that runs on WebGPU. */
import { bindPlan, Session, sumProgress, type Program, type WarningHandler, type WeightReader, type WeightSource } from "@sigil/runtime";
import type { Plan, PlannedProgram } from "@sigil/spec";
import type { AdapterKind } from "./adapter-kind.ts";
import { DeviceHolder, type DeviceOptions, type HeldDevice } from "./device-holder.ts";
import { kernelSet, type KernelSet } from "./kernel-set.ts";
import type { WebGpuKernels } from "./pipelines.ts";
import { createWebGpuProgram, type ProgramOptions } from "./program.ts";

type Fetched = WebGpuKernels | (() => Promise<WebGpuKernels>);

/** What `sigil compile --target webgpu` generates: a plan, and its kernels for each class of adapter and the features that they can use. */
export interface WebGpuArtifact {
  readonly plan: Plan;
  /** By set: kernels by name, or a function that fetches them once the adapter is known. */
  readonly kernels: Readonly<Record<AdapterKind, Fetched> & Partial<Record<KernelSet, Fetched>>>;
}

export interface WebGpuSessionOptions extends DeviceOptions, ProgramOptions {
  /** Load a tower when it is first used rather than now. */
  readonly lazy?: boolean;
  /** Takes warnings, once per kind; `console.warn` by default. */
  readonly onWarning?: WarningHandler;
}

/** A session that knows its adapter. */
export class WebGpuSession extends Session {
  readonly #holder: DeviceHolder;
  readonly #kernels: WebGpuArtifact["kernels"];

  constructor(holder: DeviceHolder, kernels: WebGpuArtifact["kernels"], ...parameters: ConstructorParameters<typeof Session>) {
    super(...parameters);
    this.#kernels = kernels;
    this.#holder = holder;
  }

  /** Name and class of the adapter that runs are sent to, and which kernels it gets. */
  async adapter(): Promise<{ readonly description: string; readonly kind: AdapterKind; readonly kernels: KernelSet }> {
    const { description, kind, device } = await this.#holder.get();
    return { description, kind, kernels: kernelSet(this.#kernels, kind, device.features) };
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    await this.#holder.close();
  }
}

/** Checks the checkpoint against the plan, asks for a device and loads every program. Throws WeightsError or WebGpuError. */
export async function openWebGpuSession({ plan, kernels }: WebGpuArtifact, weights: WeightSource, options: WebGpuSessionOptions = {}): Promise<WebGpuSession> {
  const source = bindPlan(plan, weights);
  const holder = new DeviceHolder(plan.programs, options);
  const { lazy, onProgress, onWarning } = options;
  const progressOf = onProgress && sumProgress(plan, onProgress);
  const create = (program: PlannedProgram): Promise<Program> => RecoveringProgram.load(program, kernels, holder, source, { ...options, ...(progressOf && { onProgress: progressOf(program.name) }) });
  const { description, kind } = await holder.get();
  const session = new WebGpuSession(holder, kernels, plan, create, { weights: source, backend: `webgpu: ${description} (${kind})`, ...(onWarning && { onWarning }) });
  try {
    if (!lazy) for (const program of plan.programs) await session.load(program);
  } catch (error) {
    await session.dispose();
    throw error;
  }
  return session;
}

/** A program that is loaded again, weights and all, at the first run after its device was lost. */
class RecoveringProgram implements Program {
  readonly device = "webgpu";
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
      const given = kernels[kernelSet(kernels, held.kind, held.device.features)]!;
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
