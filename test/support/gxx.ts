/** The C++ compiler that emulated kernels need. */
import { findHostCompiler } from "@sigil/runtime-cuda/emulated";
import { requires } from "./require.ts";

const required = requires("g++");

/** Undefined where tests must skip. */
export const hostCompiler = await findHostCompiler().catch((error: Error) => {
  if (required) throw new Error(`REQUIRE=g++, but ${error.message}`);
  return undefined;
});
export const needsGxx = "(needs g++; REQUIRE=g++)";
