/**
 * A Python with PyTorch and transformers, named by the environment variable PYTHON; importing them
 * takes too long to look for them unasked.
 */
import { spawnSync } from "node:child_process";
import { requires } from "./require.ts";

const required = requires("torch");
const named = process.env.PYTHON ?? (required ? "python3" : undefined);
const tried =
  named === undefined
    ? undefined
    : spawnSync(named, ["-c", "import torch, transformers"], { encoding: "utf8" });
if (required && tried?.status !== 0)
  throw new Error(
    `REQUIRE=torch, but ${named}: ` +
      `${tried?.error?.message ?? tried?.stderr.trim().split("\n").at(-1)}`,
  );

/** Undefined where tests must skip. */
export const python = tried?.status === 0 ? named : undefined;
export const needsTorch = "(needs PYTHON to name one with torch and transformers; REQUIRE=torch)";
