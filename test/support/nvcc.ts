/** NVIDIA's compiler, where it is installed; no card is needed. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const wanted = (process.env.REQUIRE ?? "").split(",");

export interface Nvcc {
  readonly command: string;
  /** As 13.0.88. */
  readonly version: string;
}

async function find(): Promise<Nvcc | undefined> {
  for (const command of process.env.NVCC ? [process.env.NVCC] : ["nvcc", "/usr/local/cuda/bin/nvcc"]) {
    const version = await run(command, ["--version"]).then(({ stdout }) => /V(\d+\.\d+\.\d+)/.exec(stdout)?.[1], () => undefined);
    // The family targets sm_100f and sm_120f came with 12.9.
    if (version && Number(version.split(".").slice(0, 2).join(".")) >= 12.9) return { command, version };
  }
  return undefined;
}

/** Undefined where tests must skip. */
export const nvcc = await find();
if (!nvcc && wanted.some((name) => name.startsWith("nvcc"))) throw new Error("REQUIRE=nvcc, but there is no nvcc 12.9 or newer on the PATH, in /usr/local/cuda/bin or in NVCC");

/** Every kernel of every spec rather than some of each kind. */
export const everyKernel = wanted.includes("nvcc-all");
export const needsNvcc = "(needs nvcc 12.9 or newer; REQUIRE=nvcc, and nvcc-all for every kernel of every spec)";
