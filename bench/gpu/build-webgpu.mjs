// Compiles model cases for WebGPU into build/gpu/webgpu, for webgpu.mjs on a machine with a card.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { goldenCase } from "../../build/test/support/golden-cases.js";
import { webgpuCases } from "./models.mjs";

const out = join(import.meta.dirname, "..", "..", "build", "gpu", "webgpu");
await mkdir(out, { recursive: true });
for (const name of webgpuCases) {
  const { webgpu } = await compile({ ...(await goldenCase(name)).spec, targets: ["webgpu"] });
  const text = JSON.stringify(webgpu);
  await writeFile(join(out, `${name}.json`), text);
  console.log(`${name}: ${(text.length / 1e3).toFixed(0)} kB`);
}
