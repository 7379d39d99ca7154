import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { architectures, checkIdentity, detectArchitecture, isNaflex } from "./config-identity.ts";
import type { ConfigPlace } from "./config-place.ts";
import { DiagnosticError } from "./diagnostic-error.ts";
import type { Diagnostic } from "./diagnostic.ts";
import {
  isForeignConfig,
  translateConfig,
  type Tower,
  type TranslatedConfig,
} from "./foreign-config.ts";
import type { SigilSpec } from "./generated/sigil.ts";
import type { TuningTable } from "./generated/tuning.ts";
import {
  diagnosticAt,
  duplicateKeys,
  fileDiagnostic,
  parseJson,
  type JsonSource,
} from "./json-source.ts";
import { modelName } from "./model-name.ts";
import type { ModelConfig, ModelSpec } from "./model-spec.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { resolveConfig } from "./resolve-config.ts";
import { parseTuning } from "./parse-tuning.ts";
import { provenanceOf } from "./provenance.ts";
import {
  maxNumPatchesOf,
  normalisationOf,
  preprocessorFiles,
  type Normalisation,
} from "./preprocessor.ts";
import { readText } from "./read-text.ts";
import { suggestion, validate } from "./schema-validation.ts";
import { checkSpec } from "./spec-rules.ts";
import { standsForOpenClip } from "./stands-for-open-clip.ts";
import type { TensorShapes } from "./timm-config.ts";
import { isNearest, wrappedTower } from "./wrapped-tower.ts";
import { quantizationRules } from "./quantization-config.ts";
import { storageOfSpec } from "./storage-rules.ts";

export interface ConfigOptions {
  /** Compile a config.json as this architecture, such as one tower of a full model. */
  readonly architecture?: string;
  /**
   * Compile one tower of a config.json's model, which may be a larger one that holds a SigLIP tower
   * (PaliGemma, LLaVA-OneVision). Other weights of its checkpoint are then left alone.
   */
  readonly tower?: Tower;
  /**
   * Shapes of the checkpoint's tensors, which say what the config of a timm trunk of an unknown
   * name does not.
   */
  readonly shapes?: TensorShapes;
}

export interface ParseOptions extends ConfigOptions {
  /**
   * Path of the text: names the model of a config.json, and other paths in the text are relative to
   * it.
   */
  readonly file: string;
  /** Reads a file that the text refers to; the file system by default. */
  readonly readFile?: (path: string) => string;
}

/**
 * Loads a Sigil spec, a checkpoint's config.json or a checkpoint's folder, of transformers,
 * open_clip or timm; throws a DiagnosticError with every problem.
 */
export function loadSpec(path: string, options: ConfigOptions = {}): ModelSpec {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = folder ? join(path, configFile(path)) : path;
  return parseSpec(
    read(file, readText, () =>
      fileDiagnostic(file, { code: "missing-file", message: `cannot read \`${file}\`` }),
    ),
    { file, ...options },
  );
}

/**
 * The name of the config in a checkpoint's folder: config.json, or open_clip_config.json where that
 * is missing or stands for a model of open_clip, as in Marqo's.
 */
export function configFile(folder: string): "config.json" | "open_clip_config.json" {
  if (!existsSync(join(folder, "open_clip_config.json"))) return "config.json";
  const file = join(folder, "config.json");
  if (!existsSync(file)) return "open_clip_config.json";
  return standsForOpenClip(parseJson(readText(file), file).value)
    ? "open_clip_config.json"
    : "config.json";
}

/**
 * Parses the text of a Sigil spec or of a config.json; throws a DiagnosticError with every problem.
 */
export function parseSpec(text: string, options: ParseOptions): ModelSpec {
  const source = parseJson(text, options.file);
  const diagnostics: Diagnostic[] = [];
  const spec = isCheckpointConfig(source.value)
    ? fromConfig(source, options, diagnostics)
    : fromSpec(source, options, diagnostics);
  if (diagnostics.length > 0) {
    throw new DiagnosticError(
      diagnostics.sort(
        (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
      ),
    );
  }
  return spec!;
}

function isCheckpointConfig(value: unknown): value is JsonObject {
  return (
    isObject(value) &&
    !("config" in value) &&
    (isForeignConfig(value) ||
      ["model_type", "architectures", "text_config", "vision_config"].some((key) => key in value))
  );
}

function fromConfig(
  source: JsonSource,
  options: ParseOptions,
  diagnostics: Diagnostic[],
): ModelSpec | undefined {
  const found = configOf(source, options, diagnostics);
  if (found === undefined) return undefined;
  const { value, place, architecture, hiddenStates } = found;
  const { tower } = options;
  const spec: JsonObject = {
    name: modelName(options.file) + (tower === undefined ? "" : `-${tower}`),
    architecture: options.architecture ?? architecture,
    config: {},
    ...(hiddenStates && { hidden_states: hiddenStates }),
    ...(tower !== undefined && { ignore_other_weights: true }),
  };
  validate("sigil", spec, source, "");
  return assemble(spec as unknown as SigilSpec, value, place, options, diagnostics);
}

interface FoundConfig {
  readonly architecture: string;
  readonly value: JsonObject;
  readonly place: ConfigPlace;
  readonly hiddenStates?: readonly number[];
}

/**
 * The config in a config.json that a SigLIP is made of; undefined where none is, which is reported.
 */
function configOf(
  source: JsonSource,
  options: ParseOptions,
  diagnostics: Diagnostic[],
): FoundConfig | undefined {
  if (isForeignConfig(source.value)) {
    const translated = translateConfig(source, options, diagnostics);
    return translated && foundIn(translated);
  }
  const value = source.value as JsonObject;
  const { tower } = options;
  const architecture = options.architecture ?? detectArchitecture(value);
  const place = { source, pointer: "" };
  if (architecture !== undefined)
    return { architecture: tower ? towerOf(value, tower) : architecture, value, place };
  const wrapped = wrappedTower(value);
  if (wrapped && tower === "vision") {
    const { pointer, config, hiddenStates } = wrapped;
    const { num_hidden_layers: last = 12 } = config;
    const strange = hiddenStates?.find(
      (layer) => typeof last === "number" && (layer < 0 || layer > last),
    );
    if (strange !== undefined)
      diagnostics.push(
        diagnosticAt(source, `${pointer}/num_hidden_layers`, {
          code: "contradictory-sizes",
          message:
            `vision_feature_layer asks for hidden state ${strange}, and the last is ` +
            `${String(last)}`,
        }),
      );
    return {
      architecture: towerOf(config, tower),
      value: config,
      place: { source, pointer },
      ...(hiddenStates && { hiddenStates }),
    };
  }
  if (wrapped)
    diagnostics.push(
      diagnosticAt(source, "/model_type", {
        code: "unsupported-model-type",
        message: `model type ${JSON.stringify(value.model_type)} is not a SigLIP model`,
        notes: [`its ${wrapped.pointer.slice(1).replaceAll("/", ".")} is a tower's`],
        help: '`--tower vision` compiles the vision tower alone (in code `tower: "vision"`)',
      }),
    );
  else checkIdentity(value, architecture, place, diagnostics);
  return undefined;
}

/** The text towers of both are one. */
const towerOf = ({ model_type: type }: JsonObject, tower: Tower): string =>
  tower === "vision" && isNaflex(type)
    ? "siglip2-vision"
    : isNearest(type)
      ? "idefics-vision"
      : `siglip-${tower}`;

const foundIn = ({ architecture, source }: TranslatedConfig): FoundConfig => ({
  architecture,
  value: source.value as JsonObject,
  place: { source, pointer: "" },
});

function fromSpec(
  source: JsonSource,
  options: ParseOptions,
  diagnostics: Diagnostic[],
): ModelSpec | undefined {
  const spec = structuredClone(source.value) as SigilSpec;
  diagnostics.push(...duplicateKeys(source), ...validate("sigil", spec, source, ""));
  if (!isObject(spec) || typeof spec.architecture !== "string") return undefined;
  const { architecture, config } = spec;
  if (options.tower !== undefined)
    diagnostics.push(
      diagnosticAt(source, "/architecture", {
        code: "invalid-value",
        message: `a spec says itself what it is of: \`${architecture}\``,
        help: "leave the tower out, or give the checkpoint",
      }),
    );
  if (!architecture.endsWith(".json") && !architectures.includes(architecture)) {
    diagnostics.push(
      diagnosticAt(source, "/architecture", {
        code: "unknown-architecture",
        message: `unknown architecture \`${architecture}\``,
        ...suggestion(architecture, architectures),
      }),
    );
    return undefined;
  }
  if (isObject(config))
    return assemble(spec, config, { source, pointer: "/config" }, options, diagnostics);
  if (typeof config !== "string") return undefined;
  const file = resolve(dirname(options.file), config);
  const text = read(file, options.readFile ?? readText, () =>
    diagnosticAt(source, "/config", {
      code: "missing-file",
      message: `cannot read \`${config}\``,
      notes: ["paths are relative to the spec"],
    }),
  );
  const place = { source: parseJson(text, file), pointer: "" };
  if (isForeignConfig(place.source.value)) {
    const translated = translateConfig(place.source, options, diagnostics);
    if (!translated) return undefined;
    place.source = translated.source;
  }
  if (isObject(place.source.value))
    return assemble(spec, place.source.value, place, options, diagnostics, source);
  diagnostics.push(
    diagnosticAt(place.source, "", { code: "wrong-type", message: "a config must be an object" }),
  );
  return undefined;
}

function assemble(
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
 * What the checkpoint that a spec's config lies in says of normalising and the spec does not;
 * nothing of a config inside the spec, or where there is no such file.
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
 * `max_num_patches` of the image processor beside a config.json; nothing of a config inside a spec.
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

/** The settings of the image processor beside a config.json, where there are any. */
function preprocessorBeside(
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

/** What the files beside a config.json say of normalising; nothing where there are none. */
function normalisationBeside(
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
 * How the checkpoint of a config.json normalises its pictures, as a spec states it: what the
 * processor_config.json or preprocessor_config.json beside it says. Throws a DiagnosticError with
 * every problem.
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

function readTuning(path: string, source: JsonSource, options: ParseOptions): TuningTable {
  const file = resolve(dirname(options.file), path);
  const text = read(file, options.readFile ?? readText, () =>
    diagnosticAt(source, "/tuning", {
      code: "missing-file",
      message: `cannot read \`${path}\``,
      notes: ["paths are relative to the spec"],
    }),
  );
  return parseTuning(text, { file });
}

/** The tuning table of a file; throws a DiagnosticError with every problem. */
export function loadTuning(file: string): TuningTable {
  return parseTuning(
    read(file, readText, () =>
      fileDiagnostic(file, { code: "missing-file", message: `cannot read \`${file}\`` }),
    ),
    { file },
  );
}

function read(path: string, readFile: (path: string) => string, problem: () => Diagnostic): string {
  try {
    return readFile(path);
  } catch {
    throw new DiagnosticError([problem()]);
  }
}
