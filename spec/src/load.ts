/** Loads specs, configs and tuning tables from files. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TuningTable } from "./generated/tuning.ts";
import { fileDiagnostic, parseJson } from "./json-source.ts";
import type { ModelSpec } from "./model-spec.ts";
import type { ConfigOptions } from "./parse-options.ts";
import { parseSpec } from "./parse-spec.ts";
import { parseTuning } from "./parse-tuning.ts";
import { readOr } from "./read-or.ts";
import { readText } from "./read-text.ts";
import { standsForOpenClip } from "./stands-for-open-clip.ts";

/**
 * Loads a Sigil spec, a config.json or a checkpoint folder (of transformers, open_clip or timm).
 * Throws DiagnosticError, which lists every problem.
 */
export function loadSpec(path: string, options: ConfigOptions = {}): ModelSpec {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = folder ? join(path, configFile(path)) : path;
  return parseSpec(
    readOr(file, readText, () =>
      fileDiagnostic(file, { code: "missing-file", message: `cannot read \`${file}\`` }),
    ),
    { file, ...options },
  );
}

/**
 * The name of the config file in a checkpoint folder: config.json, or open_clip_config.json if that
 * is missing or only stands for an open_clip model, as in Marqo's.
 */
export function configFile(folder: string): "config.json" | "open_clip_config.json" {
  if (!existsSync(join(folder, "open_clip_config.json"))) return "config.json";
  const file = join(folder, "config.json");
  if (!existsSync(file)) return "open_clip_config.json";
  return standsForOpenClip(parseJson(readText(file), file).value)
    ? "open_clip_config.json"
    : "config.json";
}

/** Loads a tuning table. Throws DiagnosticError, which lists every problem. */
export function loadTuning(file: string): TuningTable {
  return parseTuning(
    readOr(file, readText, () =>
      fileDiagnostic(file, { code: "missing-file", message: `cannot read \`${file}\`` }),
    ),
    { file },
  );
}
