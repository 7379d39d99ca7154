// Compiles every model of models.mjs for CUDA into build/gpu/models, and its kernels with nvcc.
// `--arch 90a` builds for those cards alone, `--only NAME` those
// models, `--sources` no kernels: they are built on the machine with the card. Kernels of bench:gpu
// --tiles are many and built there too, unless `--tiles` is given.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeFiles } from "@sigil/compiler";
import { buildKernels, findToolkit } from "@sigil/runtime-cuda/nvcc";
import { attentionModel } from "./attention-model.mjs";
import { compileModel, modelFile } from "./compile-model.mjs";
import { attentionName, specs, timed, timedName, towerSpecs } from "./models.mjs";
import { tileModels, tilePrefix } from "./tile-models.mjs";

const { values } = parseArgs({
  options: {
    arch: { type: "string", multiple: true },
    only: { type: "string", multiple: true },
    out: { type: "string" },
    sources: { type: "boolean" },
    tiles: { type: "boolean" },
  },
});
const out = values.out ?? join(import.meta.dirname, "..", "..", "build", "gpu", "models");
const toolkit = values.sources ? undefined : await findToolkit();
const wanted = ([name]) => !values.only || values.only.includes(name);
const towers = timed.flatMap((entry) =>
  [timedName(entry), `${timedName(entry)}.uint8`].flatMap((name) => towerSpecs(entry)[name] ?? []),
);
const all = [
  ...Object.entries(await specs()).map(([name, spec]) => [name, () => compileModel(spec)]),
  [attentionName, async () => attentionModel()],
  ...Object.entries(tileModels(towers)).map(([name, model]) => [name, async () => model]),
].filter(wanted);

for (const [i, [name, compiled]] of all.entries()) {
  const cuda = await compiled();
  const files = modelFile(cuda);
  const notes = [];
  for (const path of toolkit && (values.tiles || !name.startsWith(tilePrefix))
    ? Object.keys(cuda.sources)
    : []) {
    const targets = values.arch && {
      cubins: path === "hopper" ? values.arch.filter((arch) => arch === "90a") : values.arch,
      ptx: path === "hopper" ? "90a" : "80",
    };
    if (targets?.cubins.length === 0 || Object.keys(cuda.sources[path]).length === 0) continue;
    const { image, cached } = await buildKernels(cuda.sources[path], path, {
      toolkit,
      ...(targets && { targets }),
    });
    files[`kernels.${path}.fatbin`] = image;
    notes.push(`${path} ${(image.length / 1e3).toFixed(0)} kB${cached ? " (built before)" : ""}`);
  }
  writeFiles(join(out, name), files);
  console.log(
    `${String(i + 1).padStart(3)}/${all.length} ${name}: ${notes.join(", ") || "sources"}`,
  );
}
