/** CUDA for the command line, on a card or emulated. */
import {
  compileTarget,
  emitCuda,
  gatherOnDevice,
  launchesOf,
  narrow,
  planProgram,
} from "@sigil/compiler/internal";
import {
  choosePath,
  createCudaProgram,
  loadAddon,
  LoadedKernels,
  openCudaSession,
  openDevice,
  openDriver,
  showCapability,
} from "@sigil/runtime-cuda";
import { findHostCompiler } from "@sigil/runtime-cuda/emulated";
import { findToolkit } from "@sigil/runtime-cuda/nvcc";
import type { Plan } from "@sigil/spec";
import { withProgress } from "../../progress.ts";
import type { BackendCommands, Finding } from "../backend.ts";
import { pathOf, prepareCuda } from "./prepare.ts";

export const openSession: BackendCommands["openSession"] = async (
  way,
  spec,
  weights,
  { cudaPath },
) => {
  const compiled = await compileTarget(spec, "cuda");
  const { artifact, options } = await prepareCuda(compiled, way, pathOf(cudaPath));
  const session = await withProgress("loading", (report) =>
    openCudaSession(artifact, weights, {
      ...options,
      onProgress: ({ loadedBytes, totalBytes }) => report(loadedBytes, totalBytes),
    }),
  );
  process.stderr.write(`${session.backend}\n`);
  return session;
};

/** Opens a device for each program, and closes it with the program. */
export const openLoader: BackendCommands["openLoader"] = async (
  way,
  { storage },
  { cudaPath },
) => ({
  load: async (lowered, weights) => {
    const program = gatherOnDevice(narrow(lowered, storage), storage);
    const { kernels, sources, launches } = emitCuda(launchesOf(program));
    const { planned } = planProgram(program, launches);
    // No more of a plan is asked for below.
    const plan = { name: program.name, programs: [planned] } as unknown as Plan;
    const { artifact, options } = await prepareCuda(
      { plan, kernels, sources },
      way,
      pathOf(cudaPath),
    );
    const device = await openDevice(options);
    try {
      const loaded = await createCudaProgram(
        planned,
        await LoadedKernels.load(artifact, choosePath(artifact, device, options.path), device),
        device,
        weights,
      );
      return {
        run: (...parameters) => loaded.run(...parameters),
        dispose: () => device.native.close(),
      };
    } catch (error) {
      await device.native.close();
      throw error;
    }
  },
  close: async () => {},
});

export const findings: BackendCommands["findings"] = async () => [
  await card(),
  await finding("cuda addon", (async () => loadAddon())(), () => "loads"),
  await finding(
    "nvcc",
    findToolkit(),
    ({ nvcc, version }) => `${version} (${nvcc}); compiles kernels for cuda`,
  ),
  await finding(
    "g++",
    findHostCompiler(),
    ({ version }) => `${version}; compiles kernels for cuda-emulated`,
  ),
];

async function card(): Promise<Finding> {
  try {
    const { version, devices } = await openDriver();
    const list = devices.map(
      (device, i) =>
        `${i}: ${device.name}, compute capability ${showCapability(device)}, ` +
        `${(device.memoryBytes / 2 ** 30).toFixed(0)} GiB, ${device.multiprocessors} ` +
        "multiprocessors",
    );
    return [
      "cuda",
      devices.length > 0,
      `driver of CUDA ${Math.floor(version / 1000)}.${(version % 1000) / 10}; ${list.join("; ")}`,
    ];
  } catch (error) {
    return ["cuda", false, (error as Error).message];
  }
}

const finding = <T>(
  name: string,
  find: Promise<T>,
  describe: (value: T) => string,
): Promise<Finding> =>
  find.then(
    (value): Finding => [name, true, describe(value)],
    (error: Error): Finding => [name, false, error.message],
  );
