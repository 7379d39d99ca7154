/** Pooled embeddings of pictures and texts, a run of the model at a time. */
import {
  InputError,
  SiglipTextModel,
  visionModel,
  type SiglipTextInputs,
  type SiglipVisionInputs,
  type Tensor,
} from "@sigil/runtime/internal";
import { readPictures, type PictureInput, type Unreadable } from "./read-pictures.ts";
import type { OpenModel } from "./session.ts";

/** Rows of one run, and which of all they are. */
export interface EmbeddedRows {
  readonly places: readonly number[];
  readonly embeds: Tensor;
}

/** Texts of one run. */
const textsAtOnce = 32;

export async function* embedImages(
  opened: OpenModel,
  images: readonly PictureInput[],
  onUnreadable: (unreadable: Unreadable) => void,
): AsyncGenerator<EmbeddedRows> {
  for await (const { places, inputs } of readPictures(images, opened, onUnreadable))
    yield { places, embeds: await imageFeatures(opened, inputs) };
}

export async function* embedTexts(
  opened: OpenModel,
  texts: readonly string[],
): AsyncGenerator<EmbeddedRows> {
  const tokenizer = opened.tokenizer();
  for (let begin = 0; begin < texts.length; begin += textsAtOnce) {
    const some = texts.slice(begin, begin + textsAtOnce);
    const { inputIds, attentionMask } = tokenizer.encode(some, {
      padding: "max_length",
      truncation: true,
      maxLength: opened.textLength,
    });
    const inputs = { inputIds, ...(attentionMask && { attentionMask }) };
    yield {
      places: some.map((_, i) => begin + i),
      embeds: await textFeatures(opened, inputs),
    };
  }
}

export async function imageFeatures(
  { name, session }: OpenModel,
  inputs: SiglipVisionInputs,
): Promise<Tensor> {
  const interpolatePosEncoding = !session.plan.programs.some(({ inputs }) =>
    inputs.some(({ name }) => name === "pixel_values"),
  );
  const { poolerOutput } = await visionModel(session).forward({
    ...inputs,
    interpolatePosEncoding,
  });
  return poolerOutput ?? unpooled(name);
}

export async function textFeatures(
  { name, session }: OpenModel,
  inputs: SiglipTextInputs,
): Promise<Tensor> {
  const { poolerOutput } = await new SiglipTextModel(session).forward(inputs);
  return poolerOutput ?? unpooled(name);
}

function unpooled(name: string): never {
  throw new InputError(
    `${name} has no pooler_output, which is the embedding: its config has vision_use_head ` +
      "false, or its spec leaves it out; to get last_hidden_state, use sigil run",
  );
}
