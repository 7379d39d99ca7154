/** Opens a session on a CUDA device from a compiled artifact and a checkpoint. */
import {
  bindCheckpoint,
  checkPlan,
  Session,
  sumProgress,
  verifyPlan,
  type Program,
  type WarningHandler,
  type WeightSource,
} from "@sigil/runtime/internal";
import type { PlannedProgram } from "@sigil/spec";
import type { DeviceInfo } from "./addon.ts";
import type { CudaArtifact, CudaPath } from "./artifact.ts";
import { openDevice, showCapability, type DriverOptions, type OpenedDevice } from "./driver.ts";
import { choosePath, LoadedKernels } from "./kernels.ts";
import { createCudaProgram, type ProgramOptions } from "./program.ts";

export interface CudaSessionOptions extends DriverOptions, ProgramOptions {
  /**
   * Which kernels to use. The default is hopper on compute capability 9.0 if the model was compiled
   * for it, else portable.
   */
  readonly path?: "auto" | CudaPath;
  /** Load a tower when it is first used instead of now. */
  readonly lazy?: boolean;
  /** Receives warnings, once per kind. Default: `console.warn`. */
  readonly onWarning?: WarningHandler;
}

/** A session that knows its device. */
export class CudaSession extends Session {
  readonly device: DeviceInfo;
  readonly path: CudaPath;
  /**
   * What the driver's compiler said, if it had to compile PTX because the image has no suitable
   * binary for this device. Otherwise empty.
   */
  readonly compilerLog: string;
  readonly #opened: OpenedDevice;

  constructor(
    opened: OpenedDevice,
    kernels: LoadedKernels,
    ...parameters: ConstructorParameters<typeof Session>
  ) {
    super(...parameters);
    this.device = opened.info;
    this.path = kernels.path;
    this.compilerLog = kernels.log;
    this.#opened = opened;
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    await this.#opened.native.close().catch(() => {});
  }
}

/**
 * Checks the checkpoint against the plan and its digests, opens a device, and loads every program.
 * Throws PlanError, WeightsError or CudaError, and leaves nothing open then.
 */
export async function openCudaSession(
  artifact: CudaArtifact,
  weights: WeightSource,
  options: CudaSessionOptions = {},
): Promise<CudaSession> {
  const { plan } = artifact;
  const { lazy, onProgress, onWarning, path: asked = "auto" } = options;
  await checkPlan(plan);
  const source = await bindCheckpoint(plan, weights);
  await verifyPlan(plan, source, options);
  const opened = await openDevice(options);
  try {
    const kernels = await LoadedKernels.load(artifact, choosePath(artifact, opened, asked), opened);
    const progressOf = onProgress && sumProgress(plan, onProgress);
    const create = (program: PlannedProgram): Promise<Program> =>
      createCudaProgram(program, kernels, opened, source, {
        ...options,
        ...(progressOf && { onProgress: progressOf(program.name) }),
      });
    const overlap =
      options.programmaticLaunch === true && opened.programmaticEdges && kernels.programmatic;
    const backend =
      `cuda: ${opened.info.name} (${showCapability(opened.info)}), ${kernels.path} ` +
      `kernels${kernels.log ? " compiled by the driver" : ""}, driver of CUDA ` +
      `${opened.driverVersion}${overlap ? ", programmatic launches" : ""}`;
    const session = new CudaSession(opened, kernels, plan, create, {
      weights: source,
      backend,
      ...(onWarning && { onWarning }),
    });
    if (options.programmaticLaunch && !overlap)
      session.warn(
        "no-programmatic-launch",
        opened.programmaticEdges
          ? `the ${kernels.path} kernels cannot be launched programmatically, unlike those of ` +
              "hopper: launches do not overlap"
          : "programmatic launches need a driver of CUDA 12.3 or newer, but this one is of " +
              `${opened.driverVersion}: launches do not overlap`,
      );
    if (!lazy) for (const program of plan.programs) await session.load(program);
    return session;
  } catch (error) {
    await opened.native.close().catch(() => {});
    throw error;
  }
}
