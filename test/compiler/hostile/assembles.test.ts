/**
 * Kernels of weights with hostile names, by those who read them: Dawn compiles the shaders, and g++
 * sees in CUDA's kernels what it sees where names are harmless. (What wabt assembles is compared in
 * hostile.test.ts.)
 */
import { spawnSync } from "node:child_process";
import { compile, type CompiledModel } from "@sigil/compiler";
import { parseArchitecture, parseSpec } from "@sigil/spec";
import { expect, it } from "vitest";
import { hostCompiler, needsGxx } from "../../support/gxx.ts";
import { gpu, needsWebGpu } from "../../support/webgpu.ts";
import { shadersOf } from "./kernels.ts";
import { hostileNames } from "./names.ts";
import { places } from "./places.ts";

async function compileWeight(name: string): Promise<CompiledModel> {
  const { spec, architecture } = places["name of a weight"]!.document(name);
  const file = "hostile.json";
  return compile(
    { ...parseSpec(spec, { file }), targets: ["webgpu", "cuda"] },
    parseArchitecture(architecture!, { file }).architecture,
  );
}
const names = hostileNames.filter((name) => name !== "");

it.skipIf(!gpu)(`shaders compile ${needsWebGpu}`, { timeout: 300_000 }, async () => {
  const device = await (await gpu!.requestAdapter())!.requestDevice();
  let checked = 0;
  for (const name of names) {
    const { desktop } = shadersOf(await compileWeight(name));
    for (const code of Object.values(desktop!)) {
      const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
      expect(
        messages.map(({ message }) => message),
        JSON.stringify(name),
      ).toEqual([]);
      checked++;
    }
  }
  expect(checked).toBe(2 * names.length);
  device.destroy();
});

it.skipIf(!hostCompiler)(
  `CUDA's kernels keep their text ${needsGxx}`,
  { timeout: 300_000 },
  async () => {
    /** The text without comments and includes, with trigraphs as GCC reads them at their worst. */
    const preprocessed = ({ cuda }: CompiledModel): string => {
      const input = Object.values(cuda!.sources)
        .flatMap((byName) => Object.values(byName))
        .join("\n")
        .replaceAll(/^#include .*$/gm, "");
      const args = ["-std=c++17", "-trigraphs", "-E", "-P", "-x", "c++", "-"];
      const { stdout, stderr, status } = spawnSync(hostCompiler!.command, args, {
        input,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(stderr);
      return stdout;
    };
    const harmless = preprocessed(await compileWeight("weight"));
    expect(harmless).toContain("SIGIL_KERNEL");
    for (const name of names)
      expect(preprocessed(await compileWeight(name)), JSON.stringify(name)).toBe(harmless);
  },
);
