/** What TypeScript says of a shape that does not fit: expected and received, once. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const source = `import { SiglipShapes } from "../../generated/siglip-shapes/index.js";
declare const model: SiglipShapes;
declare const data: Float32Array;
void model.getImageFeatures({ pixelValues: { data, shape: [1, 3, 64, 65] } });
void model.forward({ pixelValues: { data, shape: [1, 3, 64, 65] }, inputIds: [[1]] });
void model.forward({ inputIds: [[1]] });
`;

it("says of a wrong size and of a missing input once what was expected", () => {
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build/messages-"));
  try {
    const file = join(folder, "main.ts");
    writeFileSync(file, source);
    const { stdout } = spawnSync(
      "node",
      [
        join(root, "node_modules/typescript/bin/tsc"),
        ...["--ignoreConfig", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"],
        ...["--module", "nodenext", "--types", "node,@webgpu/types", file],
      ],
      { cwd: folder, encoding: "utf8" },
    );
    expect(stdout.trim().split("\n")).toEqual([
      expect.stringMatching(/main\.ts\(4,\d+\): .* '65' is not assignable to type '64'\.$/),
      expect.stringMatching(/main\.ts\(5,\d+\): .* '65' is not assignable to type '64'\.$/),
      expect.stringMatching(/main\.ts\(6,\d+\): .*/),
      expect.stringMatching(/^ {2}Property 'pixelValues' is missing in type/),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
