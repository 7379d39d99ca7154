/** What pages download of shaders, beside the files of shaders that people read. */
import { artifactFiles, compile } from "@sigil/compiler";
import { loadSpec, specPath } from "@sigil/spec";
import { expect, it } from "vitest";

it(
  "pages download shaders without comments and indentation, on the lines that they have in " +
    "their files",
  async () => {
    const files = artifactFiles(
      await compile({ ...loadSpec(specPath("siglip-shapes")), targets: ["webgpu"] }),
    );
    const shaders = Object.entries(files).filter(([path]) => path.startsWith("wgsl/"));
    expect(shaders.some(([, code]) => /^ +\/\//m.test(code))).toBe(true);
    for (const [path, code] of shaders) {
      const [, set, name] = /^wgsl\/(.+)\/(.+)\.wgsl$/.exec(path)!;
      const [, carried] = new RegExp(`^  ${name}: .*, code: (".*") },$`, "m").exec(
        files[`webgpu.${set}.js`]!,
      )!;
      const lines = (JSON.parse(carried!) as string).split("\n");
      expect(
        lines.filter((line) => /^ |\/\//.test(line)),
        path,
      ).toEqual([]);
      expect(lines, path).toEqual(
        code.split("\n").map((line) => (line.trim().startsWith("//") ? "" : line.trimStart())),
      );
    }
  },
);
