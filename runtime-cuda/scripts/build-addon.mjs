/**
 * Builds the addon with the C++17 compiler of this machine: no toolkit, no node-gyp, no network.
 * `CXX` names another compiler than g++. `--prebuild` builds what a package
 * carries, where node-gyp-build looks for it. prebuildify would do so by node-gyp, which wants
 * Node's own headers of a release, make and Python; Node-API's are a package.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const require = createRequire(import.meta.url);
const native = join(root, "native");
const compiler = process.env.CXX ?? "g++";
const { platform, arch } = process;
// As node-gyp-build finds out what the machine has.
const libc = platform === "linux" ? (existsSync("/etc/alpine-release") ? ".musl" : ".glibc") : "";
const [out, name] = process.argv.includes("--prebuild")
  ? [join(root, "prebuilds", `${platform}-${arch}`), `@sigil+runtime-cuda${libc}.node`]
  : [join(root, "build", "Release"), "sigil_cuda.node"];

if (platform === "win32") {
  console.error(
    "on Windows, build with: npx node-gyp rebuild (in the package @sigil/runtime-cuda)",
  );
  process.exit(1);
}
mkdirSync(out, { recursive: true });
const sources = readdirSync(native)
  .filter((file) => file.endsWith(".cpp"))
  .map((file) => join(native, file));
const includes = [
  require("node-addon-api").include_dir,
  require("node-api-headers").include_dir,
].map((folder) => `-I${folder.replaceAll('"', "")}`);
const target = join(out, name);
const shared =
  platform === "darwin"
    ? ["-bundle", "-undefined", "dynamic_lookup"]
    : [
        "-shared",
        "-include",
        join(native, "older_libraries.h"),
        `-Wl,--version-script=${join(native, "exports.map")}`,
      ];
// Takes its place whole: a library that is mapped must not be overwritten, and who loads it
// meanwhile finds one.
const partial = `${target}.${process.pid}.part`;
const { error, status } = spawnSync(
  compiler,
  [
    "-std=c++17",
    "-O2",
    "-fPIC",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
    "-Wno-missing-field-initializers",
    "-DNAPI_VERSION=8",
    "-DNAPI_CPP_EXCEPTIONS",
    // A worker thread may be ended while it calls the addon: then nothing can be thrown to it.
    "-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
    ...includes,
    ...shared,
    ...sources,
    "-s",
    "-ldl",
    "-pthread",
    "-o",
    partial,
  ],
  { stdio: "inherit" },
);
if (error)
  console.error(
    `${compiler} could not be started (${error.message}): install a C++17 compiler (Debian: ` +
      "g++), or name one in CXX",
  );
if (error || status !== 0) {
  rmSync(partial, { force: true });
  process.exit(1);
}
renameSync(partial, target);
console.log(target);
