import { closeSync, openSync, readdirSync, readSync, statSync, type Stats } from "node:fs";
import { InputError } from "@sigil/runtime";
import { foreignFormat, otherWeights } from "@sigil/runtime/node";
import { loadSpec, type ModelSpec } from "@sigil/spec";
import { fileError } from "./file-error.ts";
import { resolveModel } from "./hub/resolve-model.ts";
import { withProgress } from "./progress.ts";

const note = (message: string): void => void process.stderr.write(`note: ${message}\n`);

/**
 * A checkpoint's folder: a path as it is, a Hub id fetched into the Hugging Face cache with a bar.
 */
export async function modelFolder(model: string): Promise<string> {
  if (stateOf(model)?.isDirectory()) return model;
  const notices: string[] = [];
  const folder = await withProgress(`fetching ${model}`, (report) => {
    const files = new Map<string, { loaded: number; total: number }>();
    return resolveModel(model, {
      onNotice: (message) => notices.push(message),
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
  notices.forEach(note);
  return folder;
}

/**
 * The spec of a path (Sigil spec, config.json, checkpoint folder) or of a Hub id, of which only the
 * config is fetched, or `files`. Throws DiagnosticError, HubError, and InputError for what is
 * something else.
 */
export async function specOf(
  path: string,
  files: readonly string[] = ["config.json"],
): Promise<ModelSpec> {
  const there = stateOf(path);
  if (there === undefined)
    return loadSpec(
      path.endsWith(".json") && !path.includes("://")
        ? path
        : await resolveModel(path, { files, onNotice: note }),
    );
  const what = there.isDirectory() ? otherFolder(path) : otherFile(path);
  if (what !== undefined) throw new InputError(`${path} ${what}`);
  return loadSpec(path);
}

/** Undefined where nothing is there. Throws FileError for what the system refuses to tell of. */
export function stateOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw fileError("read", path, cause);
  }
}

/** What a folder is that has no config.json. */
function otherFolder(path: string): string | undefined {
  const names = readdirSync(path);
  const advice = names.includes("config.json") ? undefined : otherWeights(names);
  return advice === undefined ? undefined : `has no config.json; ${advice}`;
}

/** What a file is that begins as no JSON does. */
function otherFile(path: string): string | undefined {
  if (!statSync(path).isFile()) return "is not a file";
  const bytes = new Uint8Array(512);
  try {
    const file = openSync(path, "r");
    readSync(file, bytes);
    closeSync(file);
  } catch {
    // Whoever reads all of it says why that cannot be.
    return undefined;
  }
  return foreignFormat(bytes);
}
