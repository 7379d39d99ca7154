/** Specs, configs and tables of the file system. */
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
 * Loads a Sigil spec, a checkpoint's config.json or a checkpoint's folder, of transformers,
 * open_clip or timm; throws a DiagnosticError with every problem.
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

/** The tuning table of a file; throws a DiagnosticError with every problem. */
export function loadTuning(file: string): TuningTable {
  return parseTuning(
    readOr(file, readText, () =>
      fileDiagnostic(file, { code: "missing-file", message: `cannot read \`${file}\`` }),
    ),
    { file },
  );
}
