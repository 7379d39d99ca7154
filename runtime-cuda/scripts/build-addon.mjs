/** Builds the addon with the C++17 compiler of this machine: no toolkit, no node-gyp, no network. `CXX` names another compiler than g++. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const require = createRequire(import.meta.url);
const native = join(root, "native");
const out = join(root, "build", "Release");
const compiler = process.env.CXX ?? "g++";

if (process.platform === "win32") {
  console.error("on Windows, build with: npx node-gyp rebuild (in the package @sigil/runtime-cuda)");
  process.exit(1);
}
mkdirSync(out, { recursive: true });
const sources = readdirSync(native).filter((file) => file.endsWith(".cpp")).map((file) => join(native, file));
const includes = [require("node-addon-api").include_dir, require("node-api-headers").include_dir].map((folder) => `-I${folder.replaceAll('"', "")}`);
const target = join(out, "sigil_cuda.node");
const shared = process.platform === "darwin" ? ["-bundle", "-undefined", "dynamic_lookup"] : ["-shared"];
// A library that is mapped must not be overwritten in place.
rmSync(target, { force: true });
const { error, status } = spawnSync(compiler, ["-std=c++17", "-O2", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-DNAPI_VERSION=8", "-DNAPI_CPP_EXCEPTIONS", ...includes, ...shared, ...sources, "-s", "-ldl", "-pthread", "-o", target], { stdio: "inherit" });
if (error) console.error(`${compiler} could not be started (${error.message}): install a C++17 compiler (Debian: g++), or name one in CXX`);
if (error || status !== 0) process.exit(1);
console.log(target);
