/** Translates configs of open_clip and timm into configs of Sigil's architectures. */
import type { Diagnostic } from "./diagnostic.ts";
import { diagnosticAt, parseJson, type JsonSource } from "./json-source.ts";
import { isOpenClipConfig, openClipConfig } from "./open-clip-config.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { mostProblems } from "./schema-validation.ts";
import { isTimmConfig, timmConfig, type TensorShapes } from "./timm-config.ts";

/** One tower of a model. */
export type Tower = "vision" | "text";

/** A config in Sigil's names, and the architecture that it is for. */
export interface TranslatedConfig {
  readonly architecture: string;
  /** The text that diagnostics of it point into. */
  readonly source: JsonSource;
}

/** Whether a JSON file is a config of open_clip or timm. */
export const isForeignConfig = (value: unknown): value is JsonObject =>
  isObject(value) && (isOpenClipConfig(value) || isTimmConfig(value));

/**
 * Translates a config into Sigil's names. Returns undefined if it has faults, which are added to
 * `diagnostics` with their places in the file.
 */
export function translateConfig(
  source: JsonSource,
  {
    tower,
    shapes,
  }: { readonly tower?: Tower | undefined; readonly shapes?: TensorShapes | undefined },
  diagnostics: Diagnostic[],
): TranslatedConfig | undefined {
  const before = diagnostics.length;
  const value = source.value as JsonObject;
  const openClip = isOpenClipConfig(value);
  if (!openClip && tower === "text")
    diagnostics.push(
      diagnosticAt(source, "/architecture", {
        code: "unsupported-model",
        message: "timm models have no text tower",
      }),
    );
  const config = (openClip ? openClipConfig : timmConfig)(
    value,
    (pointer, problem) => {
      if (diagnostics.length - before < mostProblems)
        diagnostics.push(diagnosticAt(source, pointer, problem));
    },
    shapes,
  );
  if (diagnostics.length > before) return undefined;
  return {
    architecture: openClip ? `open-clip${tower === undefined ? "" : `-${tower}`}` : "timm-vit",
    source: parseJson(JSON.stringify(config, null, 2), source.file),
  };
}
