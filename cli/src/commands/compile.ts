import { join } from "node:path";
import {
  artifactFiles,
  className,
  compile as compileSpec,
  fileName,
  removeFormerModules,
  stages,
} from "@sigil/compiler/internal";
import { loadTuning, type ModelSpec, type Tower } from "@sigil/spec";
import { writeOutput } from "../files.ts";
import { specOf, withPatches } from "../open-model.ts";
import { describePrograms } from "../describe-programs.ts";

export async function compile(
  path: string,
  options: {
    target?: ModelSpec["targets"];
    emit?: ModelSpec["emit"];
    importExtension?: ModelSpec["importExtension"];
    out?: string;
    tower?: Tower;
    tuning?: string;
    maxNumPatches?: number;
    dump?: string;
    json?: boolean;
  },
): Promise<void> {
  const { tower } = options;
  const files = [
    "config.json",
    "open_clip_config.json",
    "README.md",
    // What max_num_patches of a NaFlex checkpoint is.
    "processor_config.json",
    "preprocessor_config.json",
  ];
  const read = withPatches(await specOf(path, { files, tower }), options.maxNumPatches);
  const spec = {
    ...read,
    ...(options.target && { targets: options.target }),
    ...(options.emit && { emit: options.emit }),
    ...(options.importExtension && { importExtension: options.importExtension }),
    ...(options.tuning !== undefined && { tuning: loadTuning(options.tuning) }),
  };
  const compiled = await compileSpec(spec);
  if (tower === "vision" && Array.isArray(spec.hiddenStates))
    process.stderr.write(
      "note: the model uses " +
        `${spec.hiddenStates.map((layer) => `hidden_states.${layer}`).join(", ")} of its ` +
        `tower, before post_layernorm; the module has it beside last_hidden_state\n`,
    );
  const out = options.out ?? join("generated", fileName(spec.name));
  const written = artifactFiles(compiled);
  await writeOutput(out, written);
  const removed = removeFormerModules(out, written);
  const name = className(spec.name);
  if (options.dump !== undefined) await writeOutput(options.dump, stages(compiled));
  if (options.json)
    process.stdout.write(
      JSON.stringify({
        name: spec.name,
        class: name,
        targets: spec.targets,
        out,
        files: Object.keys(written),
        removed,
      }) + `\n`,
    );
  else
    process.stdout.write(
      `${describePrograms(compiled)}  written to ${out}: ${listed(Object.keys(written))}\n` +
        (removed.length > 0
          ? `  removed files of an earlier compilation: ${listed(removed)}\n`
          : "") +
        `  class: ${name}, in ${join(out, `index.${compiled.source.emit}`)}\n`,
    );
}

/** Files of the folder itself by name, others by how many there are in a folder. */
function listed(files: readonly string[]): string {
  const folders = new Map<string, number>();
  for (const file of files)
    if (file.includes("/"))
      folders.set(
        file.slice(0, file.indexOf("/")),
        (folders.get(file.slice(0, file.indexOf("/"))) ?? 0) + 1,
      );
  return [
    ...files.filter((file) => !file.includes("/")),
    ...[...folders].map(([folder, count]) => `${folder}/ (${count} files)`),
  ].join(", ");
}
