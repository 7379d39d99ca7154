import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { InputError } from "@sigil/runtime";
import { isForeignConfig, loadNormalisation, parsePythonJson, type Tower } from "@sigil/spec";
import { writeOutput } from "../files.ts";
import { specOf } from "../open-model.ts";

/**
 * Writes a Sigil spec from a checkpoint's config.json, to be edited. It contains the config, and
 * the normalisation from the preprocessor_config.json beside that config, since the spec has no
 * such file beside it.
 */
export async function init(
  given: string,
  options: { out?: string; tower?: Tower; force?: boolean },
): Promise<void> {
  const spec = await specOf(given, {
    files: [
      "config.json",
      "open_clip_config.json",
      "processor_config.json",
      "preprocessor_config.json",
    ],
    tower: options.tower,
  });
  const config = parsePythonJson(readFileSync(spec.file, "utf8")) as object;
  if ("config" in config)
    throw new InputError(
      `${spec.file} is already a spec, which you can copy and edit: expected a checkpoint ` +
        "folder, a config.json or a Hub id",
    );
  const out = resolve(options.out ?? `${spec.name}.json`);
  if (existsSync(out) && !options.force)
    throw new InputError(`${out} exists; use --force to overwrite it`);
  const document = {
    $schema: "node_modules/@sigil/spec/schema/sigil.schema.json",
    name: spec.name,
    architecture: spec.architecture,
    storage: spec.storage,
    batch: spec.batch,
    ...(spec.maxNumPatches !== undefined && { max_num_patches: spec.maxNumPatches }),
    ...(spec.config.vision_config &&
      spec.config.vision_config.num_patches === undefined &&
      loadNormalisation(spec)),
    ...(Array.isArray(spec.hiddenStates) && { hidden_states: spec.hiddenStates }),
    ...(spec.ignoreOtherWeights && { ignore_other_weights: true }),
    // Of other software, and of a part of a larger model, in the names that the architecture has.
    config: options.tower !== undefined || isForeignConfig(config) ? spec.config : config,
  };
  await writeOutput(dirname(out), {
    [basename(out)]: `${JSON.stringify(document, undefined, 2)}\n`,
  });
  process.stdout.write(`${out}\nNext: sigil compile ${out}\n`);
}
