import { statSync } from "node:fs";
import { loadSpec, type ModelSpec } from "@sigil/spec";
import { resolveModel } from "./hub/resolve-model.ts";
import { withProgress } from "./progress.ts";

/**
 * A checkpoint's folder: a path as it is, a Hub id fetched into the Hugging Face cache with a bar.
 */
export async function modelFolder(model: string): Promise<string> {
  if (statSync(model, { throwIfNoEntry: false })?.isDirectory()) return model;
  return withProgress(`fetching ${model}`, (report) => {
    const files = new Map<string, { loaded: number; total: number }>();
    return resolveModel(model, {
      onProgress: ({ file, loaded, total }) => {
        files.set(file, { loaded, total });
        const all = [...files.values()];
        report(
          all.reduce((sum, one) => sum + one.loaded, 0),
          all.reduce((sum, one) => sum + one.total, 0),
        );
      },
    });
  });
}

/**
 * The spec of a path (Sigil spec, config.json, checkpoint folder) or of a Hub id, of which only the
 * config is fetched, or `files`.
 */
export async function specOf(
  path: string,
  files: readonly string[] = ["config.json"],
): Promise<ModelSpec> {
  const isId =
    statSync(path, { throwIfNoEntry: false }) === undefined &&
    /^[\w.-]+\/[\w.-]+(@[\w./-]+)?$/.test(path) &&
    !path.endsWith(".json");
  return loadSpec(isId ? await resolveModel(path, { files }) : path);
}
