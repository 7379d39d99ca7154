/** One family of errors across packages: docs/errors.md. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as runtime from "@sigil/runtime/internal";
import * as cpu from "@sigil/runtime-cpu";
import * as cuda from "@sigil/runtime-cuda";
import * as emulated from "@sigil/runtime-cuda/emulated";
import * as nvcc from "@sigil/runtime-cuda/nvcc";
import * as native from "@sigil/runtime-native";
import * as webgpu from "@sigil/runtime-webgpu";
import * as spec from "@sigil/spec";

const { SigilError } = runtime;
const packages = { spec, runtime, cpu, webgpu, cuda, emulated, native, nvcc };
const classes = Object.entries(packages).flatMap(([from, exported]) =>
  Object.entries(exported as Record<string, unknown>)
    .filter(([name]) => name.endsWith("Error") && name !== "SigilError")
    .map(([name, value]) => ({ from, name, value })),
);
const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");

describe("every error class that a package exports", () => {
  it("is found", () => {
    expect(classes.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "CapacityError",
        "CudaError",
        "DiagnosticError",
        "DisposedError",
        "EmulatorError",
        "ImageError",
        "InputError",
        "KernelBuildError",
        "NativeError",
        "OptionError",
        "PlanError",
        "TokenizerError",
        "WeightsError",
        "WebGpuError",
        "WorkerError",
      ]),
    );
  });

  it.each(classes)("is a SigilError and in docs/errors.md: $name of $from", ({ name, value }) => {
    expect((value as { prototype: unknown }).prototype).toBeInstanceOf(SigilError);
    expect(page).toContain(`\`${name}\``);
  });

  it("has its class as name, a code, and its cause", () => {
    const cause = new Error("why");
    const made = [
      new runtime.InputError("a", { cause }),
      new runtime.OptionError("a", { cause }),
      new runtime.PlanError("a", { issues: ["one", "two"], cause }),
      new runtime.WeightsError("a", { cause }),
      new runtime.TokenizerError("a", undefined, { cause }),
      new runtime.ImageError("a", { cause }),
      new runtime.WorkerError("a", { cause }),
      new webgpu.WebGpuError("limit", "a", { cause }),
      new cuda.CudaError("driver", "a", { cause }),
      new native.NativeError("internal", "a", { cause }),
      new emulated.EmulatorError("engine", "a", { cause }),
      new nvcc.KernelBuildError("compile", "a", { cause }),
    ];
    for (const error of made) {
      expect(error.name).toBe(error.constructor.name);
      expect(error.code).toMatch(/^[a-z-]+$/);
      expect(error.cause).toBe(cause);
      expect(page).toContain(`\`${error.code}\``);
    }
    expect(new runtime.DisposedError("a model")).toMatchObject({
      name: "DisposedError",
      code: "disposed",
      message: "a model was disposed",
    });
    expect(new runtime.PlanError("b", { issues: ["one", "two"] }).message).toBe(
      "b\n  - one\n  - two",
    );
  });
});
