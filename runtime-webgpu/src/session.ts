/** Sessions that run on WebGPU. */
import {
  Session,
  sumProgress,
  type Program,
  type WarningHandler,
  type WeightReader,
  type WeightSource,
  type WorkerOptions,
} from "@sigil/runtime/internal";
import type { Plan, PlannedProgram } from "@sigil/spec";
import type { AdapterKind } from "./adapter-kind.ts";
import { DeviceHolder, type DeviceOptions, type HeldDevice } from "./device-holder.ts";
import { kernelSet, offeredFeatures, type KernelSet } from "./kernel-set.ts";
import type { WebGpuKernels } from "./pipelines.ts";
import { createWebGpuProgram, type ProgramOptions } from "./program.ts";

type Fetched = WebGpuKernels | (() => Promise<WebGpuKernels>);

/**
 * What `sigil compile --target webgpu` generates: a plan, and its kernels for each class of adapter
 * and each set of features.
 */
export interface WebGpuArtifact {
  readonly plan: Plan;
  /**
   * For each set its kernels by name, or a function that fetches them once the adapter is known.
   */
  readonly kernels: Readonly<Record<AdapterKind, Fetched> & Partial<Record<KernelSet, Fetched>>>;
}

export interface WebGpuSessionOptions extends DeviceOptions, ProgramOptions, WorkerOptions {
  /** Load a tower when it is first used instead of now. */
  readonly lazy?: boolean;
  /** Receives warnings, once per kind. Default: `console.warn`. */
  readonly onWarning?: WarningHandler;
}

/** The adapter that runs use: its name, its class and the kernels it gets. */
export interface UsedAdapter {
  readonly description: string;
  readonly kind: AdapterKind;
  readonly kernels: KernelSet;
}

/** The holder of the device: this thread or a worker. */
interface AdapterHolder {
  get(): Promise<UsedAdapter>;
  close(): Promise<void>;
}

/** A session that knows its adapter. */
export class WebGpuSession extends Session {
  readonly #holder: AdapterHolder;

  constructor(holder: AdapterHolder, ...parameters: ConstructorParameters<typeof Session>) {
    super(...parameters);
    this.#holder = holder;
  }

  /** The adapter in use now. It may be another one after a device was lost. */
  adapter(): Promise<UsedAdapter> {
    return this.#holder.get();
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    await this.#holder.close();
  }
}

/**
 * Opens a session on this thread without loading anything yet. `source` has the names of the plan.
 */
export async function openHere(
  { plan, kernels }: WebGpuArtifact,
  source: WeightSource,
  options: WebGpuSessionOptions,
): Promise<WebGpuSession> {
  const holder = new DeviceHolder(plan.programs, options);
  const { onProgress, onWarning } = options;
  const progressOf = onProgress && sumProgress(plan, onProgress);
  const create = (program: PlannedProgram): Promise<Program> =>
    RecoveringProgram.load(program, kernels, holder, source, {
      ...options,
      ...(progressOf && { onProgress: progressOf(program.name) }),
    });
  const get = async (): Promise<UsedAdapter> => {
    const { description, kind, device } = await holder.get();
    return { description, kind, kernels: kernelSet(kernels, kind, offeredFeatures(device)) };
  };
  const { description, kind } = await get();
  return new WebGpuSession({ get, close: () => holder.close() }, plan, create, {
    weights: source,
    backend: `webgpu: ${description} (${kind})`,
    ...(onWarning && { onWarning }),
  });
}

/**
 * A program that is loaded again, with its weights, at the first run after its device was lost, and
 * again at the next run if that failed.
 */
class RecoveringProgram implements Program {
  readonly device = "webgpu";
  readonly #load: (held: HeldDevice) => Promise<Program>;
  readonly #holder: DeviceHolder;
  #current: { readonly held: HeldDevice; readonly program: Promise<Program> } | undefined;

  private constructor(holder: DeviceHolder, load: (held: HeldDevice) => Promise<Program>) {
    this.#holder = holder;
    this.#load = load;
  }

  static async load(
    program: PlannedProgram,
    kernels: WebGpuArtifact["kernels"],
    holder: DeviceHolder,
    weights: WeightReader,
    options: ProgramOptions,
  ): Promise<RecoveringProgram> {
    const recovering = new RecoveringProgram(holder, async (held) => {
      const given = kernels[kernelSet(kernels, held.kind, offeredFeatures(held.device))]!;
      return createWebGpuProgram(
        program,
        typeof given === "function" ? await given() : given,
        held,
        weights,
        options,
      );
    });
    await recovering.#loaded();
    return recovering;
  }

  async #loaded(): Promise<Program> {
    if (!this.#current || this.#current.held.isLost()) {
      const held = await this.#holder.get();
      // Someone else who waited may have begun already.
      if (this.#current?.held !== held) {
        const begun = { held, program: this.#load(held) };
        this.#current = begun;
        begun.program.catch(() => {
          if (this.#current === begun) this.#current = undefined;
        });
      }
    }
    return this.#current.program;
  }

  async run(...parameters: Parameters<Program["run"]>): ReturnType<Program["run"]> {
    return (await this.#loaded()).run(...parameters);
  }

  async dispose(): Promise<void> {
    await (await this.#current?.program.catch(() => undefined))?.dispose();
  }
}
