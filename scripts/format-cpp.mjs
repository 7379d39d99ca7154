/** Formats the C++ and CUDA sources by clang-format; with --check says which are not formatted. */
import { execFileSync } from "node:child_process";

const sources = execFileSync("git", ["ls-files", "*.cpp", "*.h", "*.cu", "*.cuh", ":!generated"], {
  encoding: "utf8",
});
const mode = process.argv.includes("--check") ? ["--dry-run", "--Werror"] : ["-i"];
execFileSync("npx", ["clang-format", ...mode, ...sources.trim().split("\n")], {
  stdio: "inherit",
  shell: process.platform === "win32",
});
