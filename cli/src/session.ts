/** Opens what a command needs of a checkpoint folder: model, tokenizer, image processor. */
import { readFileSync } from "node:fs";
import { compile } from "@sigil/compiler";
import { InputError, SiglipImageProcessor, SiglipModel, SiglipTokenizer, tokenizerFromJson, ZeroShotImageClassification } from "@sigil/runtime";
import { openCheckpoint } from "@sigil/runtime/node";
import { openCpuSession } from "@sigil/runtime-cpu";
import { loadSpec } from "@sigil/spec";

/** Everything that zero-shot classification with a checkpoint folder needs. Throws DiagnosticError, WeightsError or InputError for what is missing or damaged. */
export async function openSession(folder: string) {
  const spec = loadSpec(folder);
  const checkpoint = await openCheckpoint(folder);
  const { "spiece.model": spiece } = checkpoint.paths;
  if (!spiece && !checkpoint.tokenizerJson) throw new InputError(`${folder}: expected spiece.model or tokenizer.json, found neither`);
  const tokenizer = spiece ? SiglipTokenizer.fromSpiece(readFileSync(spiece), checkpoint.tokenizerConfig) : tokenizerFromJson(checkpoint.tokenizerJson, checkpoint.tokenizerConfig);
  const { plan, cpu } = await compile(spec);
  const model = new SiglipModel(await openCpuSession({ plan, wasm: cpu }, checkpoint.weights));
  const textLength = spec.textLength ?? spec.config.text_config!.max_position_embeddings;
  return {
    model,
    processor: SiglipImageProcessor.fromConfig(checkpoint.processorConfig ?? checkpoint.preprocessorConfig ?? { size: { height: spec.config.vision_config!.image_size, width: spec.config.vision_config!.image_size } }),
    classifier: new ZeroShotImageClassification(model, tokenizer, Math.min(textLength, tokenizer.modelMaxLength)),
    async close(): Promise<void> {
      await model.dispose();
      await checkpoint.weights.close();
    },
  };
}
