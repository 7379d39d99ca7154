/**
 * Builds the addon with the C++17 compiler of this machine: no node-gyp, no network. `CXX` names
 * another compiler than g++ (for Windows clang++), `SIGIL_ARCH` and `SIGIL_PLATFORM` what it
 * compiles for if that is not this machine (x64, arm64; win32). `--prebuild` builds what a package
 * carries, where node-gyp-build looks for it; `--out FILE` writes elsewhere, and flags of the
 * compiler follow `--`.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { units as unitsOf } from "./units.mjs";
import { windowsFlags } from "./windows.mjs";

const root = join(import.meta.dirname, "..");
const require = createRequire(import.meta.url);
const native = join(root, "native");
const platform = process.env.SIGIL_PLATFORM || process.platform;
const compiler = process.env.CXX || (platform === "win32" ? "clang++" : "g++");
const arch = process.env.SIGIL_ARCH ?? process.arch;
const rest = process.argv.indexOf("--");
const options = process.argv.slice(2, rest < 0 ? undefined : rest);
const extra = rest < 0 ? [] : process.argv.slice(rest + 1);

const units = unitsOf[arch];
if (!units || (platform === "win32" && arch !== "x64")) {
  console.error(
    `there are no kernels for ${platform}-${arch}: expected x64, or arm64 on Linux or macOS. ` +
      "A module compiled for cpu runs on WebAssembly here",
  );
  process.exit(1);
}

// As node-gyp-build finds out what the machine has.
const libc = platform === "linux" ? (existsSync("/etc/alpine-release") ? ".musl" : ".glibc") : "";
const target = options.includes("--out")
  ? options[options.indexOf("--out") + 1]
  : options.includes("--prebuild")
    ? join(root, "prebuilds", `${platform}-${arch}`, `@sigil+runtime-native${libc}.node`)
    : join(root, "build", "Release", "sigil_native.node");
mkdirSync(dirname(target), { recursive: true });

const sources = [
  ...readdirSync(native)
    .filter((file) => file.endsWith(".cpp"))
    .map((file) => ({ file: join(native, file), flags: [] })),
  ...Object.entries(units).map(([name, flags]) => ({
    // GCC 12 warns of its own intrinsics, and Clang of what it does not know.
    file: join(native, "kernels", `${name}.cpp`),
    flags: [
      ...flags,
      "-Wno-unknown-warning-option",
      "-Wno-uninitialized",
      "-Wno-maybe-uninitialized",
      "-Wno-unused-function",
    ],
  })),
];
const includes = [
  require("node-addon-api").include_dir,
  require("node-api-headers").include_dir,
].map((folder) => `-I${folder.replaceAll('"', "")}`);
const objects = mkdtempSync(join(tmpdir(), "sigil-native-"));
const windows = platform === "win32" ? windowsFlags(objects) : undefined;
const flags = [
  "-std=c++17",
  "-O2",
  ...(windows?.compile ?? ["-fPIC"]),
  "-fvisibility=hidden",
  "-ffp-contract=off",
  "-Wall",
  "-Wextra",
  "-Wno-missing-field-initializers",
  `-ffile-prefix-map=${root}=.`,
  "-DNAPI_VERSION=8",
  "-DNAPI_CPP_EXCEPTIONS",
  // A worker thread may be ended while it calls the addon: then nothing can be thrown to it.
  "-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
  ...includes,
  ...(platform === "linux" ? ["-include", join(native, "older_libraries.h")] : []),
  ...extra,
];

/** Runs the compiler; false, with its own words on the terminal, where it fails. */
const compile = (args) =>
  new Promise((resolve) => {
    const child = spawn(compiler, args, { stdio: "inherit" });
    child.on("error", (error) => {
      console.error(
        `${compiler} could not be started (${error.message}): install a C++17 compiler ` +
          "(Debian: g++), or name one in CXX",
      );
      resolve(false);
    });
    child.on("close", (code) => resolve(code === 0));
  });

// Takes its place whole: a library that is mapped must not be overwritten, and who loads it
// meanwhile finds one.
const partial = `${target}.${process.pid}.part`;
let built = true;
try {
  const waiting = [...sources];
  const outputs = sources.map(({ file }) => join(objects, `${basename(file)}.o`));
  await Promise.all(
    Array.from({ length: Math.min(availableParallelism(), 8) }, async () => {
      for (let next = waiting.shift(); next && built; next = waiting.shift())
        built &&= await compile([
          ...flags,
          ...next.flags,
          "-c",
          next.file,
          "-o",
          join(objects, `${basename(next.file)}.o`),
        ]);
    }),
  );
  built &&= await compile([
    ...(platform === "darwin"
      ? ["-bundle", "-undefined", "dynamic_lookup"]
      : windows
        ? ["-shared"]
        : [
            "-shared",
            `-Wl,--version-script=${join(native, "exports.map")}`,
            // The pool's threads run on when the environment that loaded it has ended.
            "-Wl,-z,nodelete",
          ]),
    ...outputs,
    ...(windows?.link ?? []),
    ...extra,
    // Apple's linker has no such option.
    ...(extra.length > 0 || platform === "darwin" ? [] : ["-s"]),
    "-pthread",
    "-o",
    partial,
  ]);
  if (built) renameSync(partial, target);
} finally {
  rmSync(objects, { recursive: true, force: true });
  rmSync(partial, { force: true });
}
if (!built) process.exit(1);
console.log(target);
