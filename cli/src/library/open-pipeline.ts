/** Opens a model by its name for a pipeline: fetches, compiles and loads it. */
import { statSync } from "node:fs";
import {
  InputError,
  ModelProcessor,
  type ImageArray,
  type ProcessorTarget,
  type RawImage,
  type Session,
} from "@sigil/runtime";
import { loadImage, openCheckpoint, type ImageInput } from "@sigil/runtime/node";
import { openCpuSession, type CpuSessionOptions } from "@sigil/runtime-cpu";
import { loadSpec, type ModelSpec, type Plan } from "@sigil/spec";
import { resolveModel } from "../hub/resolve-model.ts";
import { fitTextLength } from "../fit-text-length.ts";
import { compileOnce } from "./compile-once.ts";

/** The progress of opening a model. Files are fetched first, then weights are loaded. */
export interface PipelineProgress {
  readonly stage: "fetching" | "loading";
  /** The file that is being fetched. */
  readonly file?: string;
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

export interface PipelineOptions {
  /** Branch, tag or commit of a Hub id. Default `main`. */
  readonly revision?: string;
  /** How weights are stored in memory. Arithmetic is in float32. Default `float32`. */
  readonly storage?: ModelSpec["storage"];
  /**
   * Which CPU backend to use. The default `auto` takes the native addon where it can run, else
   * WebAssembly.
   */
  readonly backend?: NonNullable<CpuSessionOptions["backend"]>;
  readonly threads?: number;
  readonly onProgress?: (progress: PipelineProgress) => void;
  /** Called if something else is used than was asked for. Default: `process.emitWarning`. */
  readonly onNotice?: (message: string) => void;
  readonly signal?: AbortSignal;
}

export interface OpenPipeline {
  readonly session: Session;
  readonly processor: ModelProcessor<object>;
  readonly textLength: number;
  /** Decodes a picture to what the model's processor takes. */
  readonly decode: (picture: ImageInput) => Promise<RawImage | ImageArray>;
  readonly close: () => Promise<void>;
}

/**
 * Opens a checkpoint folder, or a Hub id, whose files are fetched into the Hugging Face cache.
 * Throws HubError, DiagnosticError, WeightsError or InputError for missing or damaged files, and
 * for a model whose kind is not in `kinds`.
 */
export async function openPipeline(
  model: string,
  kinds: readonly Plan["kind"][],
  {
    revision,
    storage,
    onProgress,
    onNotice = (message) => process.emitWarning(message, { code: "SIGIL" }),
    ...options
  }: PipelineOptions = {},
): Promise<OpenPipeline> {
  const folder = statSync(model, { throwIfNoEntry: false })?.isDirectory()
    ? model
    : await resolveModel(revision === undefined ? model : `${model}@${revision}`, {
        onNotice,
        signal: options.signal,
        onProgress: ({ file, loaded, total }) =>
          onProgress?.({ stage: "fetching", file, loadedBytes: loaded, totalBytes: total }),
      });
  const checkpoint = await openCheckpoint(folder);
  try {
    const { tensors } = checkpoint.weights;
    const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
    const read = loadSpec(folder, { shapes });
    const spec = fitTextLength({ ...read, ...(storage && { storage }) }, checkpoint);
    const artifact = await compileOnce(spec);
    const { plan } = artifact;
    if (!kinds.includes(plan.kind))
      throw new InputError(`${model}: expected ${kinds.join(" or ")}, received ${plan.kind}`);
    const session = await openCpuSession(artifact, checkpoint.weights, {
      ...options,
      lazy: true,
      ...(onProgress && {
        onProgress: (progress: { readonly loadedBytes: number; readonly totalBytes: number }) =>
          onProgress({ stage: "loading", ...progress }),
      }),
    });
    const target = targetOf(plan);
    return {
      session,
      processor: new ModelProcessor(target, checkpoint),
      textLength: target.textLength ?? 0,
      decode: (picture) => loadImage(picture, { rgb: checkpoint.writtenBy !== "open_clip" }),
      close: async () => {
        await session.dispose();
        await checkpoint.close();
      },
    };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

/** What a plan takes, in the form of a generated class. */
function targetOf({ kind, programs }: Plan): ProcessorTarget {
  const sizes = (name: string): readonly number[] =>
    programs
      .flatMap(({ inputs }) => inputs)
      .find((input) => input.name === name)
      ?.shape.map(Number) ?? [];
  const [, , height, width] = sizes("pixel_values");
  const [, textLength] = sizes("input_ids");
  const [, maxNumPatches] = sizes("patches");
  return {
    ...(height !== undefined && width !== undefined && { imageSize: { height, width } }),
    ...(textLength !== undefined && { textLength }),
    ...(kind.startsWith("siglip2") && maxNumPatches !== undefined && { maxNumPatches }),
  };
}
