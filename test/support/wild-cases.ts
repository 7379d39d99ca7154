/** Checkpoints of other software, and towers in larger models, with what they gave. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  bufferSource,
  openSafetensors,
  SiglipForImageClassification,
  SiglipModel,
  SiglipVisionModel,
  uniform,
  type Session,
  type WeightSource,
} from "@sigil/runtime/internal";
import { openCheckpoint, type Checkpoint } from "@sigil/runtime/node";
import { loadSpec, type ConfigOptions, type ModelSpec } from "@sigil/spec";
import { fixtures } from "./golden-cases.ts";
import { flatten } from "./run-case.ts";

export interface WildCase {
  readonly name: string;
  readonly seed: number;
  readonly tower?: "vision";
  /** Outputs under transformers' nested names, and what they are called in the file. */
  readonly outputs: Readonly<Record<string, string>>;
}

export const wildCases: readonly WildCase[] = [
  {
    name: "openclip-siglip",
    seed: 71,
    outputs: {
      "vision_model_output.last_hidden_state": "trunk.forward_features",
      "vision_model_output.pooler_output": "image_features",
      "text_model_output.pooler_output": "text_features",
      image_embeds: "image_embeds",
      text_embeds: "text_embeds",
      logits_per_image: "logits_per_image",
    },
  },
  {
    name: "timm-gap",
    seed: 73,
    outputs: { last_hidden_state: "forward_features", pooler_output: "output" },
  },
  {
    name: "timm-fc-norm",
    seed: 74,
    outputs: {
      last_hidden_state: "forward_features",
      pooler_output: "pre_logits",
      logits: "output",
    },
  },
  {
    name: "timm-map-classifier",
    seed: 73,
    outputs: {
      last_hidden_state: "forward_features",
      pooler_output: "pre_logits",
      logits: "output",
    },
  },
  { name: "classify-saved", seed: 61, outputs: { logits: "logits" } },
  {
    name: "paligemma",
    seed: 81,
    tower: "vision",
    outputs: { last_hidden_state: "taken" },
  },
  {
    name: "llava-onevision",
    seed: 81,
    tower: "vision",
    outputs: { last_hidden_state: "last_hidden_state", "hidden_states.3": "taken" },
  },
];

export const wildFolder = (name: string): string => join(fixtures, "wild", name);

export interface OpenedCase {
  readonly spec: ModelSpec;
  readonly checkpoint: Checkpoint;
  readonly outputs: WeightSource;
}

/** The case as its folder stands. */
export async function openWild({ name, tower }: WildCase): Promise<OpenedCase> {
  const folder = wildFolder(name);
  const checkpoint = await openCheckpoint(folder);
  const options: ConfigOptions = {
    ...(tower && { tower }),
    shapes: new Map([...checkpoint.weights.tensors].map(([key, { shape }]) => [key, shape])),
  };
  const outputs = readFileSync(join(folder, "outputs.safetensors"));
  return {
    spec: loadSpec(folder, options),
    checkpoint,
    outputs: await openSafetensors(bufferSource(outputs, `${name}/outputs.safetensors`)),
  };
}

export const wildPixels = (seed: number) => ({
  data: uniform("input.pixel_values", 2 * 3 * 32 * 32, seed),
  shape: [2, 3, 32, 32],
});

/** Every output under transformers' nested names. */
export async function runWild(
  { seed }: WildCase,
  { outputs }: OpenedCase,
  session: Session,
): Promise<Record<string, ArrayLike<number>>> {
  const pixelValues = wildPixels(seed);
  if (session.plan.kind === "siglip") {
    const bytes = await outputs.read("input.input_ids");
    const ids = [...new Int32Array(Uint8Array.from(bytes).buffer)];
    const { shape } = outputs.tensors.get("input.input_ids")!;
    const inputIds = Array.from({ length: shape[0]! }, (_, row) =>
      ids.slice(row * shape[1]!, (row + 1) * shape[1]!),
    );
    return flatten(await new SiglipModel(session).forward({ pixelValues, inputIds }), "", {});
  }
  const model =
    session.plan.kind === "siglip-vision"
      ? new SiglipVisionModel(session)
      : new SiglipForImageClassification(session);
  return flatten(await model.forward({ pixelValues }), "", {});
}
