/**
 * The emulated driver: a library with the driver's calls whose device is this machine's processor.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findHostCompiler, type HostCompiler } from "./compiler.ts";
import { EmulatorError } from "./error.ts";

const run = promisify(execFile);
const flags = [
  "-std=c++17",
  "-O1",
  "-fPIC",
  "-fvisibility=hidden",
  "-Wall",
  "-Wextra",
  "-Wno-missing-field-initializers",
  "-shared",
];
const libraries = ["-pthread", "-ldl"];

export interface EmulatedDriverOptions {
  readonly compiler?: HostCompiler;
  /** Where it is kept, by content; `$XDG_CACHE_HOME/sigil/emulated` by default. */
  readonly cache?: string;
}

/**
 * Compiles the driver of emulator/driver, or finds it compiled. Returns its path. What it pretends
 * to be is said by environment variables: emulator/driver/settings.h. Throws EmulatorError.
 */
export async function buildEmulatedDriver({
  compiler: given,
  cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "sigil", "emulated"),
}: EmulatedDriverOptions = {}): Promise<string> {
  const compiler = given ?? (await findHostCompiler());
  const package_ = fileURLToPath(new URL("../..", import.meta.url));
  const folder = join(package_, "emulator", "driver");
  const own = (await readdir(folder)).sort().map((name) => join(folder, name));
  const read = [
    ...own,
    join(package_, "native", "cuda_types.h"),
    join(package_, "native", "driver_calls.h"),
    join(package_, "emulator", "engine", "launch.h"),
  ];
  const hash = createHash("sha256").update(
    [compiler.command, compiler.version, ...flags].join("\0"),
  );
  for (const file of read) hash.update(await readFile(file));
  const target = join(cache, `driver-${hash.digest("hex").slice(0, 32)}.so`);
  if (
    await access(target).then(
      () => true,
      () => false,
    )
  )
    return target;
  await mkdir(cache, { recursive: true });
  const partial = `${target}.${process.pid}.part`;
  try {
    await run(compiler.command, [
      ...flags,
      ...own.filter((file) => file.endsWith(".cpp")),
      ...libraries,
      "-o",
      partial,
    ]);
    await rename(partial, target);
  } catch (cause) {
    throw new EmulatorError(
      "engine",
      `${compiler.version} does not compile the emulated ` +
        `driver:\n${(cause as { stderr?: string }).stderr ?? String(cause)}`,
      { cause },
    );
  } finally {
    await rm(partial, { force: true });
  }
  return target;
}
