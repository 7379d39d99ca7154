/** Parses a Sigil spec, or a config.json in its place, for the compiler. */
import { dirname, resolve } from "node:path";
import { assembleSpec } from "./assemble-spec.ts";
import { configOf, isCheckpointConfig } from "./checkpoint-config.ts";
import { architectures } from "./config-identity.ts";
import { DiagnosticError } from "./diagnostic-error.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { isForeignConfig, translateConfig } from "./foreign-config.ts";
import type { SigilSpec } from "./generated/sigil.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { diagnosticAt, duplicateKeys, parseJson, type JsonSource } from "./json-source.ts";
import { modelName } from "./model-name.ts";
import type { ModelSpec } from "./model-spec.ts";
import type { ParseOptions } from "./parse-options.ts";
import { readOr } from "./read-or.ts";
import { readText } from "./read-text.ts";
import { suggestion, validate } from "./schema-validation.ts";

/**
 * Parses the text of a Sigil spec or of a config.json. Throws DiagnosticError, which lists every
 * problem.
 */
export function parseSpec(text: string, options: ParseOptions): ModelSpec {
  const source = parseJson(text, options.file);
  const diagnostics: Diagnostic[] = [];
  const spec = isCheckpointConfig(source.value)
    ? fromConfig(source, options, diagnostics)
    : fromSpec(source, options, diagnostics);
  if (diagnostics.length > 0 || !spec) {
    throw new DiagnosticError(
      diagnostics.sort(
        (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
      ),
    );
  }
  return spec;
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
  return assembleSpec(spec as unknown as SigilSpec, value, place, options, diagnostics);
}

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
        message: `a spec states its architecture itself: \`${architecture}\``,
        help: "leave the tower out, or give the checkpoint instead",
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
    return assembleSpec(spec, config, { source, pointer: "/config" }, options, diagnostics);
  if (typeof config !== "string") return undefined;
  const file = resolve(dirname(options.file), config);
  const text = readOr(file, options.readFile ?? readText, () =>
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
    return assembleSpec(spec, place.source.value, place, options, diagnostics, source);
  diagnostics.push(
    diagnosticAt(place.source, "", { code: "wrong-type", message: "a config must be an object" }),
  );
  return undefined;
}
