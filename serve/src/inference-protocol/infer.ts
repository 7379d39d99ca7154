/** Runs a model on tensors whose names are known only now. */
import {
  classifierModel,
  isNaflex,
  siglipModel,
  visionModel,
  flattenOutputs,
  GraphModel,
  SiglipTextModel,
  type InputTensor,
  type PixelValues,
  type Session,
  type SiglipVisionInputs,
  type Tensor,
} from "@sigil/runtime/internal";
import { RequestError } from "../http-error.ts";

type Inputs = Readonly<Record<string, InputTensor>>;

/**
 * Runs the programs whose inputs are given, and returns the outputs under transformers' names. If
 * the model has both towers, those of a tower begin with `vision_model_output.` or
 * `text_model_output.`.
 */
export async function infer(session: Session, inputs: Inputs): Promise<Record<string, Tensor>> {
  return flattenOutputs(await forward(session, inputs));
}

async function forward(session: Session, inputs: Inputs): Promise<object> {
  const { plan } = session;
  const pictureInputs = isNaflex(plan) ? [...pixelInputs, ...gridInputs] : pixelInputs;
  switch (plan.kind) {
    case "siglip":
    case "siglip2": {
      expectOnly(inputs, [...pictureInputs, ...textInputs]);
      const model = siglipModel(session);
      const [image, text] = ["pixel_values", "input_ids"].map((name) =>
        Object.hasOwn(inputs, name),
      );
      if (image && text) return model.forward({ ...pictures(inputs, plan), ...texts(inputs) });
      if (image)
        return { visionModelOutput: await model.visionModel.forward(pictures(inputs, plan)) };
      if (text) return { textModelOutput: await model.textModel.forward(texts(inputs)) };
      throw new RequestError(
        "bad-request",
        "expected pixel_values, input_ids or both, received neither",
      );
    }
    case "siglip-vision":
    case "siglip2-vision":
      expectOnly(inputs, pictureInputs);
      return visionModel(session).forward(pictures(inputs, plan));
    case "siglip-image-classification":
    case "siglip2-image-classification":
      expectOnly(inputs, pictureInputs);
      return classifierModel(session).forward(pictures(inputs, plan));
    case "siglip-text":
      expectOnly(inputs, textInputs);
      return new SiglipTextModel(session).forward(texts(inputs));
    case "graph": {
      const names = session.plan.programs.slice(0, 1).flatMap(({ inputs }) => inputs);
      expectOnly(
        inputs,
        names.map(({ name }) => name),
      );
      return new GraphModel(session).forward(inputs);
    }
  }
}

const pixelInputs = ["pixel_values"];
/** What NaFlex models take beside the patches. */
const gridInputs = ["pixel_attention_mask", "spatial_shapes"];
const textInputs = ["input_ids", "attention_mask", "position_ids"];

function expectOnly(inputs: Inputs, names: readonly string[]): void {
  const strange = Object.keys(inputs).find((name) => !names.includes(name));
  if (strange !== undefined)
    throw new RequestError(
      "bad-request",
      `unknown input ${JSON.stringify(strange)}; the model takes ${names.join(", ")}`,
    );
}

/** What the model's class takes of pictures, which the types of both cannot say of one variable. */
function pictures(inputs: Inputs, plan: Session["plan"]): SiglipVisionInputs {
  return {
    pixelValues: given(inputs, "pixel_values") as PixelValues,
    ...(isNaflex(plan) && {
      pixelAttentionMask: given(inputs, "pixel_attention_mask"),
      spatialShapes: given(inputs, "spatial_shapes"),
    }),
  };
}

function texts(inputs: Inputs): {
  readonly inputIds: number[][];
  readonly attentionMask?: number[][];
  readonly positionIds?: number[][];
} {
  return {
    inputIds: rows(inputs, "input_ids"),
    ...("attention_mask" in inputs && { attentionMask: rows(inputs, "attention_mask") }),
    ...("position_ids" in inputs && { positionIds: rows(inputs, "position_ids") }),
  };
}

function rows(inputs: Inputs, name: string): number[][] {
  const { data, shape } = given(inputs, name);
  const [count, length] = shape as [number, number];
  if (shape.length !== 2)
    throw new RequestError("bad-request", `${name}: expected [batch, tokens], received [${shape}]`);
  return Array.from({ length: count }, (_, i) =>
    Array.from(data.subarray(i * length, (i + 1) * length)),
  );
}

function given(inputs: Inputs, name: string): InputTensor {
  const input = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  if (!input) throw new RequestError("bad-request", `expected an input ${name}`);
  return input;
}
