/**
 * What a page downloads to run one generated module on WebGPU, bundled by Vite: runtime, tokenizer,
 * image processor, kernels; no weights.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { artifactFiles, compile, writeFiles } from "@sigil/compiler";
import { loadSpec, specPath } from "@sigil/spec";
import { build, type Rollup } from "vite";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Zero-shot classification with everything that it takes; `load` opens WebGPU. */
const page = (name: string, processor: string): string => `
import {
  decodeImageBlob,
  openSafetensors,
  ${processor},
  SiglipTokenizer,
  urlSource,
  ZeroShotImageClassification,
} from "@sigil/runtime";
import { ${name} } from "./module/index.js";
export async function load(url: string) {
  const weights = await openSafetensors(await urlSource(url));
  return ${name}.load(weights, { backend: "webgpu" });
}
export { decodeImageBlob, ${processor}, SiglipTokenizer, ZeroShotImageClassification };
`;

/**
 * Bytes of the entry, of what it always imports, and of what opening WebGPU with a set of kernels
 * imports, each gzipped.
 */
function download(chunks: readonly Rollup.OutputChunk[], set: string): number {
  const named = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const wanted = new Set<string>();
  const source = (name: string): string => relative(root, named.get(name)?.facadeModuleId ?? root);
  const visit = (name: string): void => {
    const chunk = named.get(name);
    if (!chunk || wanted.has(name)) return;
    wanted.add(name);
    chunk.imports.forEach(visit);
    for (const dynamic of chunk.dynamicImports)
      if (
        new RegExp(`runtime-webgpu/dist/index|/webgpu.js$|/webgpu.${set}.js$`).test(source(dynamic))
      )
        visit(dynamic);
  };
  visit(chunks.find(({ isEntry }) => isEntry)!.fileName);
  expect(
    [...wanted].filter((name) => /webgpu/.test(source(name))),
    "runtime-webgpu, webgpu.js and one set of kernels",
  ).toHaveLength(3);
  return [...wanted].reduce(
    (sum, name) => sum + gzipSync(named.get(name)!.code, { level: 9 }).length,
    0,
  );
}

it.each([
  ["siglip-shapes", "float32", "SiglipShapes"],
  ["siglip-base-patch16-224", "float32", "SiglipBasePatch16224"],
  ["siglip-so400m-patch14-384", "float32", "SiglipSo400mPatch14384"],
  ["siglip-so400m-patch14-384", "float16", "SiglipSo400mPatch14384"],
  ["siglip2-base-patch16-naflex", "float32", "Siglip2BasePatch16Naflex"],
] as const)(
  "%s in %s takes at most 60 kB gzip, whatever the adapter",
  { timeout: 120_000 },
  async (spec, storage, name) => {
    // Inside the repository, so that the workspace's packages resolve.
    mkdirSync(join(root, "build"), { recursive: true });
    const folder = mkdtempSync(join(root, "build/size-"));
    try {
      const compiled = await compile({
        ...loadSpec(specPath(spec)),
        storage,
        targets: ["cpu", "webgpu"],
      });
      writeFiles(join(folder, "module"), artifactFiles(compiled));
      writeFileSync(
        join(folder, "page.ts"),
        page(name, spec.endsWith("naflex") ? "Siglip2ImageProcessor" : "SiglipImageProcessor"),
      );
      const output = (await build({
        root: folder,
        configFile: false,
        logLevel: "error",
        build: {
          write: false,
          target: "es2022",
          rollupOptions: { input: join(folder, "page.ts"), preserveEntrySignatures: "strict" },
        },
      })) as Rollup.RollupOutput;
      const chunks = output.output.filter((chunk) => chunk.type === "chunk");
      for (const set of Object.keys(compiled.webgpu!.kernels)) {
        const bytes = download(chunks, set);
        if (process.env.SIGIL_SIZES) console.log(`${spec} ${storage} ${set}: ${bytes} bytes`);
        expect(bytes, set).toBeLessThan(60_000);
        // Far less would mean that something is missing from the page.
        expect(bytes, set).toBeGreaterThan(30_000);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
