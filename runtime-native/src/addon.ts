/** The addon: what it offers, and where it is. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { SigilError, WeightsError } from "@sigil/runtime";
import { descriptorVersion } from "./descriptor-version.ts";
import { NativeError } from "./native-error.ts";

/** Rows of a weight: float32 values, or where they lie in a file. Of a quantised one, all codes. */
export type NativePart =
  | { readonly rows: number; readonly data: Float32Array | Uint8Array }
  | {
      readonly rows: number;
      /** Of an open file, which the addon opens for itself when it is called. */
      readonly descriptor: number;
      readonly offset: number;
      /** 0: float32, 1: float16, 2: bfloat16. */
      readonly type: number;
    };

/**
 * Calls run in the order in which they are made, on the threads of the addon. A TypeError is thrown
 * at once for arguments of other types and ranges; failures are Errors with a `code`.
 */
export interface NativeProgram {
  place(weight: number, parts: readonly NativePart[]): Promise<void>;
  /** After every weight is in place. */
  initialize(): Promise<void>;
  /** Inputs are copied before it returns. `times`: microseconds of each launch, if `timed`. */
  run(
    symbols: readonly number[],
    inputs: readonly { readonly at: number; readonly data: ArrayBufferView }[],
    outputs: readonly { readonly at: number; readonly bytes: number }[],
    timed: boolean,
  ): Promise<{ readonly outputs: readonly ArrayBuffer[]; readonly times: readonly number[] }>;
  /** Of weights, values and scratch. */
  bytes(): number;
  threads(): number;
  dispose(): void;
}

export interface Addon {
  readonly Program: new (
    descriptor: Float64Array,
    instructionSet: string,
    threads: number,
  ) => NativeProgram;
  /** Of this machine, the best first, as far as the mask leaves them. */
  instructionSets(mask: string): readonly string[];
  /**
   * The most floating-point operations a second with which weights of a storage (0: float32, 1:
   * float16, 2: bfloat16) could be multiplied, for benchmarks; 0 where it is not known.
   */
  peak(instructionSet: string, storage: number, threads: number): Promise<number>;
  /** Of the descriptors that it reads. */
  readonly descriptorVersion: number;
  /** Physical cores that the process may use. */
  readonly cores: number;
}

let loaded: Addon | undefined;

/** Loads the addon: the prebuilt one or one built locally. Throws NativeError no-addon. */
export function loadAddon(): Addon {
  if (loaded) return loaded;
  const addon = findAddon();
  if (addon.descriptorVersion !== descriptorVersion)
    throw new NativeError(
      "no-addon",
      `the native addon was built for another version of @sigil/runtime-native: ${buildIt()}`,
    );
  return (loaded = addon);
}

const buildIt = (): string =>
  `run \`node ${fileURLToPath(new URL("../scripts/build-addon.mjs", import.meta.url))}\` (it ` +
  "needs a C++17 compiler)";

function findAddon(): Addon {
  const require = createRequire(import.meta.url);
  try {
    // A test's own build, with a sanitizer for one.
    const path = process.env.SIGIL_NATIVE_ADDON;
    if (path !== undefined && existsSync(path)) return require(path) as Addon;
    const load = require("node-gyp-build") as (folder: string) => Addon;
    return load(fileURLToPath(new URL("..", import.meta.url)));
  } catch (cause) {
    throw new NativeError(
      "no-addon",
      `the native addon is not built for ${process.platform}-${process.arch}: ${buildIt()}`,
      { cause },
    );
  }
}

/**
 * The instruction set that programs are loaded for: the best one of the machine that
 * SIGIL_NATIVE_ISA allows. The variable lists names with commas; a minus before them excludes those
 * names. Throws NativeError.
 */
export function chooseInstructionSet(addon: Addon = loadAddon()): string {
  const mask = process.env.SIGIL_NATIVE_ISA ?? "";
  const [best] = addon.instructionSets(mask);
  if (best !== undefined) return best;
  const there = addon.instructionSets("");
  throw new NativeError(
    "no-instructions",
    there.length > 0
      ? `SIGIL_NATIVE_ISA=${mask} leaves none of the instruction sets ${there.join(", ")}`
      : `this processor has none of the instruction sets of the addon for ${process.arch}`,
  );
}

const codes = ["out-of-memory", "descriptor"] as const;

/** Turns what the addon threw into a NativeError. Returns anything else unchanged. */
export function nativeErrorOf(failure: unknown, about: string): unknown {
  const { code, message } = failure as { readonly code?: unknown; readonly message: string };
  if (failure instanceof SigilError || typeof code !== "string") return failure;
  if (code === "weights") return new WeightsError(message, { cause: failure });
  return new NativeError(
    codes.find((known) => known === code) ?? "internal",
    `${about}: ` +
      `${message}` +
      (code === "out-of-memory"
        ? ": dispose of models that are not needed, or compile a smaller largest batch"
        : ""),
    { cause: failure },
  );
}
