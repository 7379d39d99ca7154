/** The addon declares what it uses of CUDA itself; where CUDA's header is, the two are compared. */
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { hostCompiler } from "../support/gxx.ts";
import { needsNvcc, toolkit } from "../support/nvcc.ts";

/** Beside nvcc, or where it is usually put; the nvcc of the PATH may be a script elsewhere. */
const folders = toolkit
  ? [
      join(dirname(realpathSync(toolkit.nvcc)), "../include"),
      "/usr/local/cuda/include",
      `/usr/local/cuda-${toolkit.version.split(".").slice(0, 2).join(".")}/include`,
    ]
  : [];
const include = folders.find((folder) => existsSync(join(folder, "cuda.h")));

it.skipIf(!hostCompiler || !include)(
  `sizes, offsets and numbers are those of cuda.h ${needsNvcc}`,
  () => {
    const { status, stderr } = spawnSync(
      hostCompiler!.command,
      [
        "-std=c++17",
        "-fsyntax-only",
        "-isystem",
        include!,
        join(import.meta.dirname, "cuda_types_match.cpp"),
      ],
      { encoding: "utf8" },
    );
    expect([status, stderr]).toEqual([0, ""]);
  },
);
