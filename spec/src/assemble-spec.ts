import { dirname, resolve } from "node:path";
import { isNaflex } from "./config-identity.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { SigilSpec } from "./generated/sigil.ts";
import type { TuningTable } from "./generated/tuning.ts";
import type { JsonObject } from "./json-object.ts";
import { diagnosticAt, type JsonSource } from "./json-source.ts";
import type { ModelConfig, ModelSpec } from "./model-spec.ts";
import type { ParseOptions } from "./parse-options.ts";
import { parseTuning } from "./parse-tuning.ts";
import { maxNumPatchesOf, type Normalisation } from "./preprocessor.ts";
import { normalisationBeside, preprocessorBeside } from "./preprocessor-beside.ts";
import { provenanceOf } from "./provenance.ts";
import { quantizationRules } from "./quantization-config.ts";
import { readOr } from "./read-or.ts";
import { readText } from "./read-text.ts";
import { resolveConfig } from "./resolve-config.ts";
import { checkSpec } from "./spec-rules.ts";
import { storageOfSpec } from "./storage-rules.ts";

/**
 * Turns a valid spec and its config into a ModelSpec, with what the files beside the config say.
 */
export function assembleSpec(
  spec: SigilSpec,
  value: JsonObject,
  place: { source: JsonSource; pointer: string },
  options: ParseOptions,
  diagnostics: Diagnostic[],
  source = place.source,
): ModelSpec {
  const { architecture } = spec;
  const config = resolveConfig(value, architecture, place, diagnostics);
  checkSpec(spec, config, source, diagnostics);
  const { storage, quantize: stated } = storageOfSpec(spec, source, diagnostics);
  const quantize = [...stated, ...quantizationRules(value, place, diagnostics)];
  const {
    rescale_factor: rescaleFactor,
    image_mean: imageMean,
    image_std: imageStd,
  } = spec.pixels === "uint8"
    ? { ...spec, ...readNormalisation(config, place, options, diagnostics, source) }
    : spec;
  const maxNumPatches =
    spec.max_num_patches ??
    (isNaflex(architecture)
      ? readMaxNumPatches(place, spec.config, options, diagnostics)
      : undefined);
  const tuning =
    typeof spec.tuning === "string" ? readTuning(spec.tuning, source, options) : undefined;
  return {
    name: spec.name,
    config,
    storage,
    ...(quantize.length > 0 && { quantize }),
    ...(spec.activations === "int8" && { activations: spec.activations }),
    batch: spec.batch,
    targets: spec.targets,
    emit: spec.emit,
    importExtension: spec.import_extension,
    file: options.file,
    architecture: architecture.endsWith(".json")
      ? resolve(dirname(options.file), architecture)
      : architecture,
    pixels:
      spec.pixels === "uint8"
        ? { dtype: "uint8", rescaleFactor, imageMean, imageStd }
        : { dtype: "float32" },
    hiddenStates: spec.hidden_states,
    attentions: spec.attentions,
    interpolatePosEncoding: spec.interpolate_pos_encoding,
    ...(spec.outputs && { outputs: spec.outputs }),
    ...(spec.text_length !== undefined && { textLength: spec.text_length }),
    ...(spec.image_size && { imageSize: spec.image_size }),
    ...provenanceOf(place.source.file, options.readFile ?? readText),
    ...(maxNumPatches !== undefined && { maxNumPatches }),
    ...(spec.checkpoint !== undefined && { checkpoint: spec.checkpoint }),
    ...(spec.revision !== undefined && { revision: spec.revision }),
    ...(spec.license !== undefined && { license: spec.license }),
    ...(spec.sha256 && { sha256: spec.sha256 }),
    ...(spec.weight_prefix !== undefined && { weightPrefix: spec.weight_prefix }),
    ...(spec.ignore_other_weights && { ignoreOtherWeights: true }),
    ...(tuning && { tuning }),
  };
}

/**
 * The normalisation that the checkpoint of a spec's config states and the spec does not. Empty for
 * a config inside the spec, and if there is no such file.
 */
function readNormalisation(
  config: ModelConfig,
  place: { source: JsonSource },
  options: ParseOptions,
  diagnostics: Diagnostic[],
  source: JsonSource,
): Partial<Normalisation> {
  if (source === place.source) return {};
  // Of the text itself: what `validate` has filled in is not stated.
  return normalisationBeside(
    place.source.file,
    config,
    options.readFile ?? readText,
    source.value as Partial<Normalisation>,
    diagnostics,
  );
}

/**
 * `max_num_patches` of the image processor beside a config.json. Undefined for a config inside a
 * spec.
 */
function readMaxNumPatches(
  place: { source: JsonSource; pointer: string },
  config: SigilSpec["config"],
  options: ParseOptions,
  diagnostics: Diagnostic[],
): number | undefined {
  if (place.pointer === "/config" && typeof config !== "string") return undefined;
  const found = preprocessorBeside(place.source.file, options.readFile ?? readText, diagnostics);
  return found && maxNumPatchesOf(found.source, found.pointer, diagnostics);
}

function readTuning(path: string, source: JsonSource, options: ParseOptions): TuningTable {
  const file = resolve(dirname(options.file), path);
  const text = readOr(file, options.readFile ?? readText, () =>
    diagnosticAt(source, "/tuning", {
      code: "missing-file",
      message: `cannot read \`${path}\``,
      notes: ["paths are relative to the spec"],
    }),
  );
  return parseTuning(text, { file });
}
