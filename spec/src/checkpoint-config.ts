/** The config in a config.json that a SigLIP is made of, whoever wrote it. */
import { checkIdentity, detectArchitecture, isNaflex } from "./config-identity.ts";
import type { ConfigPlace } from "./config-place.ts";
import type { Diagnostic } from "./diagnostic.ts";
import {
  isForeignConfig,
  translateConfig,
  type Tower,
  type TranslatedConfig,
} from "./foreign-config.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { diagnosticAt, type JsonSource } from "./json-source.ts";
import type { ParseOptions } from "./parse-options.ts";
import { isNearest, wrappedTower } from "./wrapped-tower.ts";
import { shown } from "./shown.ts";

/** Whether a JSON text is a config.json, rather than a Sigil spec. */
export function isCheckpointConfig(value: unknown): value is JsonObject {
  return (
    isObject(value) &&
    !("config" in value) &&
    (isForeignConfig(value) ||
      ["model_type", "architectures", "text_config", "vision_config"].some((key) => key in value))
  );
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
export function configOf(
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
            `vision_feature_layer asks for hidden state ${strange}, but the last is ` +
            `${shown(last)}`,
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
        notes: [
          `its ${wrapped.pointer.slice(1).replaceAll("/", ".")} is the config of a SigLIP tower`,
        ],
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
