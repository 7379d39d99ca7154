/** The TypeScript of README and docs compiles as it stands, in strict mode. */
import { spawnSync } from "node:child_process";
import { globSync } from "tinyglobby";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { artifactFiles, compile, writeFiles } from "@sigil/compiler";
import { loadSpec, parseSpec, specPath } from "@sigil/spec";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** What pages speak of before the snippet that uses it. */
const spokenOf = `
import type {
  RawImage,
  SiglipImageProcessor,
  SiglipVisionInputs,
  Tensor,
  WeightSource,
} from "@sigil/runtime";
import type { SiglipShapes as Class } from "./siglip-shapes/index.js";
declare global {
  const SiglipShapes: typeof Class;
  const model: Class;
  const images: SiglipVisionInputs<Tensor<readonly [number, 3, 64, 64]>>;
  const weights: WeightSource;
  const imageProcessor: SiglipImageProcessor;
  const picture: RawImage;
  const pixels: Float32Array;
  const video: HTMLVideoElement;
  const signal: AbortSignal;
  const onProgress: (progress: {
    readonly loadedBytes: number;
    readonly totalBytes: number;
  }) => void;
}
`;

it("every snippet of TypeScript compiles", { timeout: 60_000 }, async () => {
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build/snippets-"));
  try {
    const spec = { ...loadSpec(specPath("siglip-shapes")), targets: ["cpu", "webgpu"] as const };
    const pixels = {
      dtype: "uint8",
      rescaleFactor: 1 / 255,
      imageMean: [0.5],
      imageStd: [0.5],
    } as const;
    const config = {
      ...{ hidden_size: 384, intermediate_size: 64, num_hidden_layers: 1 },
      ...{ num_attention_heads: 6, image_size: 224, patch_size: 32 },
    };
    const tower = { name: "my-tower", architecture: "siglip-vision", config };
    const base = loadSpec(specPath("siglip-base-patch16-224"));
    for (const one of [
      spec,
      { ...base, targets: ["cpu", "webgpu", "cuda"] as const },
      { ...spec, name: "siglip-bytes", pixels },
      parseSpec(JSON.stringify(tower), { file: "my-tower.json" }),
    ])
      writeFiles(join(folder, one.name), artifactFiles(await compile(one)));
    const pages = globSync(["*.md", "docs/*.md", "docs/backends/*.md", "*/README.md"], {
      cwd: root,
      ignore: ["node_modules/**", "docs/node_modules/**"],
    });
    let count = 0;
    for (const page of pages)
      for (const [i, [, code]] of [
        ...readFileSync(join(root, page), "utf8").matchAll(/^```ts\n(.*?)^```$/gms),
      ].entries()) {
        const text = code!.replaceAll(/"\.\/(generated|models)\//g, '"./');
        writeFileSync(
          join(folder, `${page.replace(/\W+/g, "-")}-${i}.ts`),
          `${text}\nexport {};\n`,
        );
        count++;
      }
    expect(count).toBeGreaterThan(12);
    writeFileSync(join(folder, "spoken-of.ts"), spokenOf);
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          noEmit: true,
          strict: true,
          target: "es2022",
          module: "nodenext",
          lib: ["ES2023", "DOM"],
          types: ["node", "@webgpu/types"],
          skipLibCheck: true,
        },
        include: ["*.ts"],
      }),
    );
    const { stdout } = spawnSync(
      "node",
      [join(root, "node_modules/typescript/bin/tsc"), "-p", folder],
      { cwd: folder, encoding: "utf8" },
    );
    expect(stdout).toBe("");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
