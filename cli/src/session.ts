/** Opens what a command needs of a checkpoint: model, tokenizer, image processor. */
import { compile } from "@sigil/compiler";
import {
  ImageError,
  imageProcessorConfig,
  InputError,
  SiglipImageProcessor,
  SiglipModel,
  SiglipTokenizer,
  tokenizerConfigOf,
  tokenizerFromJson,
  ZeroShotImageClassification,
} from "@sigil/runtime";
import { openCheckpoint } from "@sigil/runtime/node";
import { openCpuSession, type CpuSessionOptions } from "@sigil/runtime-cpu";
import { loadSpec } from "@sigil/spec";
import { readInput } from "./files.ts";
import { modelFolder } from "./open-model.ts";
import { withProgress } from "./progress.ts";

export type ModelSession = Awaited<ReturnType<typeof openSession>>;

/**
 * Everything that zero-shot classification with a checkpoint needs. Throws DiagnosticError,
 * WeightsError or InputError for what is missing or damaged.
 */
export async function openSession(
  model: string,
  options: Pick<CpuSessionOptions, "lazy" | "threads"> = {},
) {
  const folder = await modelFolder(model);
  // First, since it says what a folder is that is no checkpoint.
  const checkpoint = await openCheckpoint(folder);
  try {
    const spec = loadSpec(folder);
    if (spec.architecture !== "siglip")
      throw new InputError(
        `${folder}: expected a checkpoint with both towers, received a ${spec.architecture}; sigil run takes it`,
      );
    const { "spiece.model": spiece } = checkpoint.paths;
    if (!spiece && !checkpoint.tokenizerJson)
      throw new InputError(`${folder}: expected spiece.model or tokenizer.json, found neither`);
    const tokenizer = spiece
      ? SiglipTokenizer.fromSpiece(readInput(spiece), tokenizerConfigOf(checkpoint))
      : tokenizerFromJson(checkpoint.tokenizerJson, tokenizerConfigOf(checkpoint));
    const processor = imageProcessor(folder, checkpoint, spec.config.vision_config!.image_size);
    // Texts are padded to this length, so the text tower is compiled for it.
    const textLength = Math.min(
      spec.textLength ?? spec.config.text_config!.max_position_embeddings,
      tokenizer.modelMaxLength,
    );
    const { plan, cpu } = await compile({ ...spec, textLength });
    const session = await withProgress("loading", (report) =>
      openCpuSession({ plan, wasm: cpu }, checkpoint.weights, {
        ...options,
        onProgress: ({ loadedBytes, totalBytes }) => report(loadedBytes, totalBytes),
      }),
    );
    const siglip = new SiglipModel(session);
    return {
      model: siglip,
      tokenizer,
      textLength,
      processor,
      classifier: new ZeroShotImageClassification(siglip, tokenizer, textLength),
      async close(): Promise<void> {
        await siglip.dispose();
        await checkpoint.close();
      },
    };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

/**
 * A checkpoint's, for a model of `side` x `side`. Throws InputError for settings that cannot be, and
 * for those that end with another size.
 */
function imageProcessor(
  folder: string,
  checkpoint: Parameters<typeof imageProcessorConfig>[0],
  side: number,
): SiglipImageProcessor {
  try {
    const processor = SiglipImageProcessor.fromConfig(
      imageProcessorConfig(checkpoint) ?? { size: { height: side, width: side } },
    );
    const { height = side, width = side } = processor.outputSize ?? {};
    if (height !== side || width !== side)
      throw new ImageError(
        `its image processor makes pictures of ${height}x${width}, the model takes ${side}x${side}; see size, crop_size and pad_size of its preprocessor_config.json`,
      );
    return processor;
  } catch (cause) {
    if (cause instanceof ImageError) throw new InputError(`${folder}: ${cause.message}`, { cause });
    throw cause;
  }
}
