/** The C++ compiler of this machine. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { EmulatorError } from "./error.ts";

const run = promisify(execFile);

export interface HostCompiler {
  readonly command: string;
  /** The first line of what it says of itself. */
  readonly version: string;
}

/** The compiler of $CXX, or g++ on the PATH. Throws an EmulatorError no-compiler. */
export async function findHostCompiler(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<HostCompiler> {
  const command = environment.CXX || "g++";
  try {
    const { stdout } = await run(command, ["--version"], { env: environment });
    return { command, version: stdout.split("\n", 1)[0]! };
  } catch (cause) {
    throw new EmulatorError(
      "no-compiler",
      `${command} does not run: emulated kernels are compiled on this machine, which needs ` +
        "g++ 10 or newer (Debian: apt install g++), or its name in CXX",
      { cause },
    );
  }
}
