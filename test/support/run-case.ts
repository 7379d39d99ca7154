/** Runs model cases on a session of any backend; needs no test runner. */
import {
  Siglip2ForImageClassification,
  Siglip2Model,
  SiglipForImageClassification,
  SiglipModel,
  type SiglipVisionInputs,
  type Session,
  type Tensor,
} from "@sigil/runtime";
import type { GoldenCase } from "./golden-cases.ts";

const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Outputs under transformers' nested names. */
export function flatten(
  value: unknown,
  path: string,
  into: Record<string, ArrayLike<number>>,
): Record<string, ArrayLike<number>> {
  if (typeof value === "number") into[path] = [value];
  else if ((value as Tensor).data instanceof Float32Array) into[path] = (value as Tensor).data;
  else
    for (const [key, inner] of Object.entries(value as object))
      flatten(inner, path === "" ? snake(key) : `${path}.${snake(key)}`, into);
  return into;
}

const modelOf = ({ naflex }: GoldenCase, session: Session): SiglipModel =>
  new (naflex ? Siglip2Model : SiglipModel)(session);

/** What its model takes of pictures. */
const picturesOf = ({ naflex, pixels }: GoldenCase): SiglipVisionInputs =>
  naflex ?? { pixelValues: pixels };

/** Both towers and their scores, by every input that the case has. */
export async function runJoint(
  golden: GoldenCase,
  session: Session,
): Promise<Record<string, ArrayLike<number>>> {
  const { inputIds, attentionMask, positionIds } = golden;
  const text = {
    inputIds,
    ...(attentionMask && { attentionMask }),
    ...(positionIds && { positionIds }),
  };
  const model = modelOf(golden, session);
  const inputs = { ...text, ...picturesOf(golden) };
  const outputs = golden.outputs.tensors.has("loss")
    ? await model.forward({ ...inputs, returnLoss: true })
    : await model.forward(inputs);
  await model.dispose();
  return flatten(outputs, "", {});
}

/** Whatever the case is, every output under transformers' nested names. */
export async function runCase(
  golden: GoldenCase,
  session: Session,
): Promise<Record<string, ArrayLike<number>>> {
  if (golden.kind === "classification") {
    const model: SiglipForImageClassification = new (
      golden.naflex ? Siglip2ForImageClassification : SiglipForImageClassification
    )(session);
    const outputs = flatten(
      await model.forward({ ...picturesOf(golden), labels: golden.labels! }),
      "",
      {},
    );
    await model.dispose();
    return outputs;
  }
  if (golden.kind === "vision") {
    const { visionModel } = modelOf(golden, session);
    const outputs = flatten(await visionModel.forward(picturesOf(golden)), "", {});
    await visionModel.dispose();
    return outputs;
  }
  if (!golden.towersOnly) return runJoint(golden, session);
  const model = new SiglipModel(session);
  const outputs = flatten(
    { visionModelOutput: await model.visionModel.forward({ pixelValues: golden.pixels }) },
    "",
    {},
  );
  await model.dispose();
  return outputs;
}
