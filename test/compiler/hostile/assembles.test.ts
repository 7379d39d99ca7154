/**
 * Kernels of weights in modules with hostile names, which their comments say, by those who read
 * them: Dawn compiles the shaders, and g++ sees in CUDA's kernels what it sees where names are
 * harmless. (What wabt assembles is compared in hostile.test.ts.)
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

async function compileNamed(name: string): Promise<CompiledModel> {
  const { spec, architecture } = places["path of a block's weights"]!.document(name);
  const file = "hostile.json";
  return compile(
    { ...parseSpec(spec, { file }), targets: ["webgpu", "cuda"] },
    parseArchitecture(architecture!, { file }).architecture,
  );
}

it.skipIf(!gpu)(`shaders compile ${needsWebGpu}`, { timeout: 300_000 }, async () => {
  const device = await (await gpu!.requestAdapter())!.requestDevice();
  let checked = 0;
  for (const name of hostileNames) {
    const { desktop } = shadersOf(await compileNamed(name));
    for (const code of Object.values(desktop!)) {
      const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
      expect(
        messages.map(({ message }) => message),
        JSON.stringify(name),
      ).toEqual([]);
      checked++;
    }
  }
  expect(checked).toBe(2 * hostileNames.length);
  device.destroy();
});

it.skipIf(!hostCompiler)(
  `CUDA's kernels keep their text ${needsGxx}`,
  { timeout: 300_000 },
  async () => {
    /**
     * The text without comments, its includes as text, with trigraphs as GCC reads them at their
     * worst.
     */
    const preprocessed = ({ cuda }: CompiledModel): string => {
      const input = Object.values(cuda!.sources)
        .flatMap((byName) => Object.values(byName))
        .join("\n")
        .replaceAll(/^#include /gm, "include ");
      const args = ["-std=c++17", "-trigraphs", "-E", "-P", "-x", "c++", "-"];
      const { stdout, stderr, status } = spawnSync(hostCompiler!.command, args, {
        input,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(stderr);
      return stdout;
    };
    const harmless = preprocessed(await compileNamed("layer"));
    expect(harmless).toContain("SIGIL_KERNEL");
    for (const name of hostileNames)
      expect(preprocessed(await compileNamed(name)), JSON.stringify(name)).toBe(harmless);
  },
);
