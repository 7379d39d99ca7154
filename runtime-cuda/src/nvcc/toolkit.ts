/** NVIDIA's compiler and its companions, which only those who build kernels need. */
import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { KernelBuildError } from "./error.ts";

const run = promisify(execFile);
const suffix = process.platform === "win32" ? ".exe" : "";

/** The first toolkit that knows every generation of cards, Blackwell being the last. */
const oldest = [12, 8] as const;

export interface Toolkit {
  readonly nvcc: string;
  readonly ptxas: string;
  readonly fatbinary: string;
  /** As nvcc states it, for example "13.0.88". */
  readonly version: string;
}

function find(environment: NodeJS.ProcessEnv): string | undefined {
  const { NVCC, CUDA_HOME, CUDA_PATH, PATH = "" } = environment;
  const folders = [
    ...[CUDA_HOME, CUDA_PATH].flatMap((home) => (home ? [join(home, "bin")] : [])),
    ...PATH.split(delimiter),
    "/usr/local/cuda/bin",
  ];
  return [...(NVCC ? [NVCC] : []), ...folders.map((folder) => join(folder, `nvcc${suffix}`))].find(
    (file) => existsSync(file),
  );
}

/**
 * The toolkit of $NVCC, $CUDA_HOME, $CUDA_PATH, the PATH or /usr/local/cuda. Throws a
 * KernelBuildError no-nvcc.
 */
export async function findToolkit(environment: NodeJS.ProcessEnv = process.env): Promise<Toolkit> {
  const nvcc = find(environment);
  if (!nvcc)
    throw new KernelBuildError(
      "no-nvcc",
      `kernels for CUDA are compiled by nvcc ${oldest.join(".")} or newer, but ` +
        "none was found: install the CUDA toolkit, or set CUDA_HOME",
    );
  const { stdout } = await run(nvcc, ["--version"]);
  const version = /V(\d+)\.(\d+)\.(\d+)/.exec(stdout);
  if (!version)
    throw new KernelBuildError("no-nvcc", `${nvcc} does not state its version: ${stdout.trim()}`);
  const [major, minor] = version.slice(1).map(Number) as [number, number];
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
    throw new KernelBuildError(
      "no-nvcc",
      `${nvcc} is of CUDA ${major}.${minor}; Sigil needs ${oldest.join(".")} or newer`,
    );
  const folder = dirname(realpathSync(nvcc));
  return {
    nvcc,
    ptxas: join(folder, `ptxas${suffix}`),
    fatbinary: join(folder, `fatbinary${suffix}`),
    version: version.slice(1).join("."),
  };
}
