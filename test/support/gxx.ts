/** The C++ compiler that emulated kernels need. */
import { findHostCompiler } from "@sigil/runtime-cuda/emulated";

const required = (process.env.REQUIRE ?? "").split(",").includes("g++");

/** Undefined where tests must skip. */
export const hostCompiler = await findHostCompiler().catch((error: Error) => {
  if (required) throw new Error(`REQUIRE=g++, but ${error.message}`);
  return undefined;
});
export const needsGxx = "(needs g++; REQUIRE=g++)";
