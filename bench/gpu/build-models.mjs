// Compiles every model of models.mjs for CUDA into build/gpu/models, and its kernels with nvcc. `--arch 90a` builds for those cards alone, `--only NAME` those
// models, `--sources` no kernels: they are built on the machine with the card.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeFiles } from "@sigil/compiler";
import { buildKernels, findToolkit } from "@sigil/runtime-cuda/nvcc";
import { compileModel, modelFile } from "./compile-model.mjs";
import { specs } from "./models.mjs";

const { values } = parseArgs({ options: { arch: { type: "string", multiple: true }, only: { type: "string", multiple: true }, out: { type: "string" }, sources: { type: "boolean" } } });
const out = values.out ?? join(import.meta.dirname, "..", "..", "build", "gpu", "models");
const toolkit = values.sources ? undefined : await findToolkit();
const all = Object.entries(await specs()).filter(([name]) => !values.only || values.only.includes(name));

for (const [i, [name, spec]] of all.entries()) {
  const cuda = await compileModel(spec);
  const files = modelFile(cuda);
  const notes = [];
  if (toolkit) {
    for (const path of Object.keys(cuda.sources)) {
      const targets = values.arch && { cubins: path === "hopper" ? values.arch.filter((arch) => arch === "90a") : values.arch, ptx: path === "hopper" ? "90a" : "80" };
      if (targets?.cubins.length === 0) continue;
      const { image, cached } = await buildKernels(cuda.sources[path], path, { toolkit, ...(targets && { targets }) });
      files[`kernels.${path}.fatbin`] = image;
      notes.push(`${path} ${(image.length / 1e3).toFixed(0)} kB${cached ? " (built before)" : ""}`);
    }
  }
  writeFiles(join(out, name), files);
  console.log(`${String(i + 1).padStart(3)}/${all.length} ${name}: ${notes.join(", ") || "sources"}`);
}
