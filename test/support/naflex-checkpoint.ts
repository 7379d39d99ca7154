/**
 * The small trained checkpoint of the fixtures as a NaFlex one: the same model where pictures have
 * its grid, since a patch is the same sum in another order.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { saveSafetensors } from "@sigil/runtime/node";
import { fixtures } from "./golden-cases.ts";
import { shapesWeights } from "./shapes-checkpoint.ts";

export const shapesFolder = join(fixtures, "checkpoints/siglip-shapes");

/** Writes its files into `folder`; `config` is laid over config.json. */
export async function writeNaflexCheckpoint(folder: string, config: object = {}): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const name of ["spiece.model", "tokenizer_config.json", "special_tokens_map.json"])
    cpSync(join(shapesFolder, name), join(folder, name));
  const fixed = JSON.parse(readFileSync(join(shapesFolder, "config.json"), "utf8"));
  const { image_size: side, ...vision } = fixed.vision_config;
  const json = (name: string, value: object): void =>
    writeFileSync(join(folder, name), JSON.stringify(value, undefined, 2));
  const rows = (side / vision.patch_size) ** 2;
  json("config.json", {
    ...fixed,
    architectures: ["Siglip2Model"],
    model_type: "siglip2",
    text_config: { ...fixed.text_config, model_type: "siglip2_text_model" },
    vision_config: { ...vision, model_type: "siglip2_vision_model", num_patches: rows },
    ...config,
  });
  json("preprocessor_config.json", {
    do_convert_rgb: null,
    image_processor_type: "Siglip2ImageProcessorFast",
    max_num_patches: rows,
    patch_size: vision.patch_size,
    resample: 3,
  });
  const weights = await shapesWeights();
  const tensors = await Promise.all(
    [...weights.tensors].map(async ([name, { shape }]) => {
      const data = await weights.readFloat32(name);
      return [
        name,
        name.endsWith("patch_embedding.weight")
          ? { dtype: "F32" as const, ...channelsLast(data, shape) }
          : { dtype: "F32" as const, shape, data },
      ] as const;
    }),
  );
  await saveSafetensors(join(folder, "model.safetensors"), new Map(tensors));
}

/**
 * `[out, channels, patch, patch]` as the matrix that takes patches ordered (row, column, channel).
 */
function channelsLast(data: Float32Array, shape: readonly number[]) {
  const [out, channels, patch] = shape as [number, number, number];
  const area = patch * patch;
  const turned = new Float32Array(data.length);
  for (let o = 0; o < out; o++)
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < area; i++)
        turned[(o * area + i) * channels + c] = data[(o * channels + c) * area + i]!;
  return { data: turned, shape: [out, area * channels] };
}
