/** Opens a model for a command: its session, tokenizer and image processor. */
import { compile, cpuArtifact } from "@sigil/compiler";
import {
  ImageError,
  imageProcessorConfig,
  imageProcessorFromConfig,
  InputError,
  isNaflex,
  Siglip2ImageProcessor,
  SiglipImageProcessor,
  taskOf,
  type AnyImageProcessor,
  type ResizeAndCrop,
  type Session,
  type Tokenizer,
} from "@sigil/runtime/internal";
import type { Checkpoint } from "@sigil/runtime/node";
import { openCpuSession, type CpuArtifact, type CpuSessionOptions } from "@sigil/runtime-cpu";
import type { Plan, Tower } from "@sigil/spec";
import { fitTextLength } from "./fit-text-length.ts";
import { openModelSource, type ModelSource } from "./model-source.ts";
import { withPatches } from "./open-model.ts";
import { withProgress } from "./progress.ts";

export interface OpenOptions extends Pick<CpuSessionOptions, "backend" | "lazy" | "threads"> {
  /** Where the weights of a spec or a compiled module come from. */
  readonly checkpoint?: string | undefined;
  /** One tower of the model. */
  readonly tower?: Tower | undefined;
  /** Patches of the largest picture, of a NaFlex model that is compiled now. */
  readonly maxNumPatches?: number | undefined;
  /** Refuse an image processor that does not suit the model before weights are loaded. */
  readonly pictures?: boolean;
  /**
   * Kinds of models that the command has use for, NaFlex ones with them; the others are refused
   * before loading.
   */
  readonly kinds?: readonly Plan["kind"][];
}

/** An open model, and what prepares its inputs. */
export interface OpenModel {
  /** What errors call it. */
  readonly name: string;
  readonly session: Session;
  /** Of the checkpoint, for the pictures that the model takes. Throws InputError. */
  readonly processor: () => AnyImageProcessor;
  /** Of the checkpoint. Throws InputError where it has none. */
  readonly tokenizer: () => Tokenizer;
  /** Tokens that texts are padded and cut to. */
  readonly textLength: number;
  readonly close: () => Promise<void>;
}

/** What each kind of model is, for sentences. */
const descriptions: Readonly<Record<Plan["kind"], string>> = {
  siglip: "a model with both towers",
  "siglip-vision": "a vision tower",
  "siglip-text": "a text tower",
  "siglip-image-classification": "a classifier",
  siglip2: "a NaFlex model with both towers",
  "siglip2-vision": "a NaFlex vision tower",
  "siglip2-image-classification": "a NaFlex classifier",
  graph: "a graph with inputs and outputs of its own",
};

/**
 * A checkpoint's folder, a Hub id, a spec or a compiled module, ready to run. Throws
 * DiagnosticError, WeightsError or InputError for what is missing or damaged.
 */
export async function openModel(
  model: string,
  {
    checkpoint: named,
    tower,
    kinds,
    pictures = false,
    maxNumPatches,
    ...options
  }: OpenOptions = {},
): Promise<OpenModel> {
  const source = await openModelSource(model, { checkpoint: named, tower });
  const { name, checkpoint } = source;
  try {
    const artifact = await artifactOf(source, maxNumPatches);
    const { plan } = artifact;
    const task = taskOf(plan);
    if (kinds && !kinds.includes(task))
      throw new InputError(
        `${name}: expected ${kinds.map((kind) => descriptions[kind]).join(" or ")}, received ` +
          `${descriptions[plan.kind]}; ` +
          (plan.kind === "graph"
            ? "run it with sigil run"
            : `${task === "siglip-image-classification" ? "sigil classify" : "sigil embed"} ` +
              "takes it"),
      );
    let processor = pictures ? imageProcessor(checkpoint, plan) : undefined;
    const session = await withProgress("loading", (report) =>
      openCpuSession(artifact, checkpoint.weights, {
        ...options,
        onProgress: ({ loadedBytes, totalBytes }) => report(loadedBytes, totalBytes),
      }),
    );
    return {
      name,
      session,
      processor: () => (processor ??= imageProcessor(checkpoint, plan)),
      tokenizer: () => checkpoint.tokenizer(),
      textLength: textLengthOf(plan),
      async close(): Promise<void> {
        await session.dispose();
        await checkpoint.close();
      },
    };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

async function artifactOf(
  { from, checkpoint }: ModelSource,
  maxNumPatches: number | undefined,
): Promise<CpuArtifact> {
  if ("artifact" in from) {
    if (maxNumPatches !== undefined)
      throw new InputError(
        "--max-num-patches: the number of patches of a compiled module is fixed; give " +
          "a spec or a checkpoint as --model",
      );
    return from.artifact;
  }
  const spec = withPatches(from.spec, maxNumPatches);
  return cpuArtifact(await compile(fitTextLength(spec, checkpoint)));
}

function textLengthOf({ programs }: Plan): number {
  const ids = programs.flatMap(({ inputs }) => inputs).find(({ name }) => name === "input_ids");
  return ids ? Number(ids.shape[1]) : 0;
}

/**
 * A checkpoint's, for the pictures that a plan takes. Throws InputError for settings that cannot
 * be, and for those that end with another size.
 */
function imageProcessor(checkpoint: Checkpoint, plan: Plan): AnyImageProcessor {
  try {
    if (isNaflex(plan)) return patchProcessor(checkpoint, plan);
    const [height, width] = pictureSize(plan);
    const processor =
      checkpoint.writtenBy === "transformers"
        ? SiglipImageProcessor.fromConfig(
            imageProcessorConfig(checkpoint) ?? { size: { height, width } },
          )
        : (checkpoint.imageProcessor() as ResizeAndCrop);
    const made = processor.outputSize ?? { height, width };
    if (made.height !== height || made.width !== width)
      throw new ImageError(
        `its image processor makes pictures of ${made.height}x${made.width}, the model takes ` +
          `${height}x${width}; see size, crop_size and pad_size of its preprocessor_config.json`,
      );
    return processor;
  } catch (cause) {
    if (cause instanceof ImageError)
      throw new InputError(`${checkpoint.folder}: ${cause.message}`, { cause });
    throw cause;
  }
}

/** A checkpoint's, for as many patches as the model takes. */
function patchProcessor(checkpoint: Checkpoint, plan: Plan): Siglip2ImageProcessor {
  const patches = plan.programs
    .flatMap(({ inputs }) => inputs)
    .find(({ name }) => name === "patches");
  const [, maxNumPatches] = patches?.shape ?? [];
  const { patch_size: patchSize } = plan.config.vision_config as { readonly patch_size: number };
  const processor = imageProcessorFromConfig(
    imageProcessorConfig(checkpoint) ?? { patch_size: patchSize },
    { own: "Siglip2ImageProcessor" },
  );
  if (!(processor instanceof Siglip2ImageProcessor))
    throw new ImageError(
      "its image processor makes pictures of one size, and the model takes patches: " +
        "image_processor_type of its preprocessor_config.json should be Siglip2ImageProcessor",
    );
  if (processor.options.patchSize !== patchSize)
    throw new ImageError(
      `its image processor makes patches of ${processor.options.patchSize}, the model takes ` +
        `${patchSize}; see patch_size of its preprocessor_config.json`,
    );
  return new Siglip2ImageProcessor({
    ...processor.options,
    ...(maxNumPatches !== undefined && { maxNumPatches: Number(maxNumPatches) }),
  });
}

/** Height and width of `pixel_values`; of a model for any size, that of its config. */
function pictureSize({ programs, config }: Plan): readonly [height: number, width: number] {
  const pixels = programs
    .flatMap(({ inputs }) => inputs)
    .find(({ name }) => name === "pixel_values");
  if (!pixels) {
    const { image_size: side } = config.vision_config as { readonly image_size: number };
    return [side, side];
  }
  const from = pixels.dtype === "uint8" ? 1 : 2;
  return [Number(pixels.shape[from]), Number(pixels.shape[from + 1])];
}
