import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import { InputError, type WeightSource } from "@sigil/runtime";
import { foreignFormat, openSafetensorsFile, otherWeights } from "@sigil/runtime/node";
import {
  DiagnosticError,
  loadSpec,
  type ConfigOptions,
  type ModelSpec,
  type Tower,
} from "@sigil/spec";
import { fileError } from "./file-error.ts";
import { resolveModel } from "./hub/resolve-model.ts";
import { withProgress } from "./progress.ts";

export const note = (message: string): void => void process.stderr.write(`note: ${message}\n`);

/**
 * A checkpoint's folder: a path as it is, a Hub id fetched into the Hugging Face cache with a bar.
 */
export async function modelFolder(model: string): Promise<string> {
  if (stateOf(model)?.isDirectory()) return model;
  const notices: string[] = [];
  const interrupted = (): never => {
    process.stderr.write(
      `\ninterrupted: the fetched part of ${model} is kept; run the command again to ` +
        `continue\n`,
    );
    process.exit(130);
  };
  process.once("SIGINT", interrupted);
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
  }).finally(() => process.off("SIGINT", interrupted));
  notices.forEach(note);
  return folder;
}

export interface SpecOptions {
  /** What to fetch of a Hub id; its config alone by default. */
  readonly files?: readonly string[];
  /** One tower of the model. */
  readonly tower?: Tower | undefined;
}

/**
 * The spec of a path (Sigil spec, config.json, checkpoint folder) or of a Hub id, of which only the
 * config is fetched, or `files`. Throws DiagnosticError, HubError, and InputError for what is
 * something else.
 */
export async function specOf(
  path: string,
  { files = ["config.json", "open_clip_config.json"], tower }: SpecOptions = {},
): Promise<ModelSpec> {
  const options = tower === undefined ? {} : { tower };
  const there = stateOf(path);
  if (there === undefined)
    return loadSpec(
      path.endsWith(".json") && !path.includes("://")
        ? path
        : await resolveModel(path, { files, onNotice: note }),
      options,
    );
  const what = there.isDirectory() ? otherFolder(path) : otherFile(path);
  if (what !== undefined) throw new InputError(`${path} ${what}`);
  return loadWithShapes(path, options, () => headerIn(path));
}

/**
 * The spec of a file or folder. If its config alone does not say what the model is, the shapes of
 * its tensors do, which `open` reads.
 */
export async function loadWithShapes(
  path: string,
  options: ConfigOptions,
  open: () => Promise<Pick<WeightSource, "tensors" | "close"> | undefined>,
): Promise<ModelSpec> {
  try {
    return loadSpec(path, options);
  } catch (error) {
    const unsaid =
      error instanceof DiagnosticError &&
      error.diagnostics.some(({ code }) => code === "unsupported-model");
    const weights = unsaid ? await open() : undefined;
    if (!weights) throw error;
    const shapes = new Map([...weights.tensors].map(([name, { shape }]) => [name, shape]));
    await weights.close();
    return loadSpec(path, { ...options, shapes });
  }
}

/** The header of a folder's weights, where they are one file. */
async function headerIn(folder: string): Promise<WeightSource | undefined> {
  const file = ["open_clip_model.safetensors", "model.safetensors"]
    .map((name) => join(folder, name))
    .find((path) => existsSync(path));
  return file === undefined ? undefined : openSafetensorsFile(file);
}

/**
 * The spec, compiled for `maxNumPatches` patches if that is given. Throws InputError if the model
 * takes no patches.
 */
export function withPatches(spec: ModelSpec, maxNumPatches: number | undefined): ModelSpec {
  if (maxNumPatches === undefined) return spec;
  if (spec.config.vision_config?.num_patches === undefined)
    throw new InputError(
      `--max-num-patches: ${spec.name} takes pictures of one size; only NaFlex models ` +
        "(siglip2) take a number of patches",
    );
  return { ...spec, maxNumPatches };
}

/**
 * The file's status. Undefined if there is nothing at the path. Throws FileError if the system
 * refuses to say.
 */
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
  const advice =
    names.includes("config.json") || names.includes("open_clip_config.json")
      ? undefined
      : otherWeights(names);
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
