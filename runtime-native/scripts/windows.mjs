/**
 * How the addon is built for Windows: by Clang for MinGW, on Windows or, with SIGIL_PLATFORM=win32,
 * on Linux. GCC does not align what it spills to the stack of Windows (its bug 54412), and Clang
 * before 19 crashes on AVX512_BF16.
 */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const target = "x86_64-w64-mingw32";
const cross = process.platform !== "win32";
/** Node exports what addons call, in two lists of names. */
const exported = ["node_api", "js_native_api"];

/**
 * Flags to compile and to link with. Import libraries are written to `folder`. The C++ library is
 * linked in, since Windows has none of MinGW's.
 */
export function windowsFlags(folder) {
  const { def_paths: definitions } = createRequire(import.meta.url)("node-api-headers");
  for (const name of exported)
    execFileSync(process.env.DLLTOOL ?? (cross ? `${target}-dlltool` : "dlltool"), [
      "-d",
      definitions[`${name}_def`],
      "-l",
      join(folder, `lib${name}.a`),
    ]);
  const gcc = cross ? dirname(libraryOfGcc()) : "";
  const headers = join(gcc, "include/c++");
  return {
    compile: cross
      ? [`--target=${target}`, "-isystem", headers, "-isystem", join(headers, target)]
      : [],
    link: [
      ...(cross ? [`--target=${target}`, `-L${gcc}`] : []),
      // GNU's warns of each type that two libraries know.
      "-fuse-ld=lld",
      "-static",
      `-L${folder}`,
      ...exported.map((name) => `-l${name}`),
    ],
  };
}

/** Clang finds that of the compiler with Windows' own threads, which has no std::thread. */
const libraryOfGcc = () =>
  execFileSync(`${target}-g++-posix`, ["-print-libgcc-file-name"], { encoding: "utf8" }).trim();
