/** Reads the settings of the image processor beside a config.json. */
import { dirname, join } from "node:path";
import { DiagnosticError } from "./diagnostic-error.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { isForeignConfig } from "./foreign-config.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { fileDiagnostic, parseJson, type JsonSource } from "./json-source.ts";
import type { ModelConfig, ModelSpec } from "./model-spec.ts";
import { normalisationOf, preprocessorFiles, type Normalisation } from "./preprocessor.ts";
import { readText } from "./read-text.ts";

/** The settings of the image processor beside a config.json, if there are any. */
export function preprocessorBeside(
  configFile: string,
  readFile: (path: string) => string,
  diagnostics: Diagnostic[],
): { readonly source: JsonSource; readonly pointer: string } | undefined {
  for (const { name, pointer } of preprocessorFiles) {
    const file = join(dirname(configFile), name);
    let text: string;
    try {
      text = readFile(file);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== undefined && code !== "ENOENT")
        diagnostics.push(
          fileDiagnostic(file, {
            code: "missing-file",
            message: `cannot read \`${file}\`: ${code}`,
          }),
        );
      continue;
    }
    const source = parseJson(text, file);
    // Older processor_config.json name classes and no more.
    if (pointer !== "" && isObject(source.value) && source.value[pointer.slice(1)] == null)
      continue;
    return { source, pointer };
  }
  return undefined;
}

/** What an open_clip_config.json, or timm's config.json, says itself. */
function foreignPreprocessor(
  configFile: string,
  readFile: (path: string) => string,
): { readonly source: JsonSource; readonly pointer: string } | undefined {
  let text: string;
  try {
    text = readFile(configFile);
  } catch {
    return undefined;
  }
  const { value } = parseJson(text, configFile);
  if (!isForeignConfig(value)) return undefined;
  const given = Object(value.preprocess_cfg ?? value.pretrained_cfg) as JsonObject;
  const stated = JSON.stringify({ image_mean: given.mean, image_std: given.std });
  return { source: parseJson(stated, configFile), pointer: "" };
}

/** The normalisation in the files beside a config.json. Empty if there are none. */
export function normalisationBeside(
  configFile: string,
  config: ModelConfig,
  readFile: (path: string) => string,
  stated: Partial<Normalisation>,
  diagnostics: Diagnostic[],
): Partial<Normalisation> {
  const found =
    foreignPreprocessor(configFile, readFile) ??
    preprocessorBeside(configFile, readFile, diagnostics);
  return found
    ? normalisationOf(
        found.source,
        found.pointer,
        stated,
        config.vision_config?.num_channels,
        diagnostics,
      )
    : {};
}

/**
 * How the checkpoint of a config.json normalises its pictures, in the form of a spec: as the
 * processor_config.json or preprocessor_config.json beside it says. Throws DiagnosticError, which
 * lists every problem.
 */
export function loadNormalisation({
  file,
  config,
}: Pick<ModelSpec, "file" | "config">): Partial<Normalisation> {
  const diagnostics: Diagnostic[] = [];
  const found = normalisationBeside(file, config, readText, {}, diagnostics);
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return found;
}
