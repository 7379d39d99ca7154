/** The native addon where it can run a module; pages download none of it. */
import {
  type CpuBackendName,
  inNode,
  OptionError,
  type Session,
  type WeightSource,
} from "@sigil/runtime/internal";
import type { CpuArtifact, CpuSessionOptions } from "./session.ts";

/** A name that bundlers do not follow: they have no use for an addon. */
const runtime = "@sigil/runtime-native";

const ways: readonly string[] = ["auto", "cpu", "native", "wasm"];

/** Codes of a NativeError that say that it cannot run here, not that something is wrong. */
const unsuitable: readonly unknown[] = ["no-addon", "no-instructions"];
/** Of Node, and of what bundlers leave of an import that they do not follow. */
const missing: readonly unknown[] = ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"];

/**
 * A session of the addon that has loaded nothing yet; why there is none, where nobody asked for one
 * in particular; or undefined where there is nothing to say. Throws what keeps a `native` that was
 * asked for from being.
 */
export async function openNative(
  { plan, native }: CpuArtifact,
  source: WeightSource,
  asked: "auto" | "cpu" | CpuBackendName = "auto",
  options: CpuSessionOptions,
): Promise<Session | string | undefined> {
  if (!ways.includes(asked))
    throw new OptionError(`backend: expected ${ways.join(", ")}, received ${asked}`);
  const forced = asked === "native";
  if (forced && !inNode()) throw new OptionError("backend: native works only in Node");
  if (forced && !native)
    throw new OptionError("backend: the module has no native kernels: compile it again");
  // A worker that is given is meant to compute.
  if (asked === "wasm" || !native || !inNode() || (typeof options.worker === "object" && !forced))
    return undefined;
  try {
    const { openNativeHere } = (await import(
      /* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ runtime
    )) as typeof import("@sigil/runtime-native");
    const kernels = typeof native === "function" ? await native() : native;
    return openNativeHere({ plan, kernels }, source, options);
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    if (forced || ![...unsuitable, ...missing].includes(code)) throw error;
    return missing.includes(code) ? `${runtime} is not installed` : message;
  }
}
