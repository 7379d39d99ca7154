import {
  classifierModel,
  flattenOutputs,
  InputError,
  isNaflex,
  nearestPositions,
  nestOutputs,
  siglipModel,
  SiglipTextModel,
  visionModel,
  type Labels,
  type Session,
  type SiglipVisionInputs,
  type WeightSource,
} from "@sigil/runtime/internal";
import { openSafetensorsFile } from "@sigil/runtime/node";
import type { ModelSpec, Tower } from "@sigil/spec";
import { backendOf } from "../backends/ways.ts";
import { openModelSource } from "../model-source.ts";
import { specOf } from "../open-model.ts";
import { referenceSession } from "../reference-session.ts";
import {
  listed,
  readFloats,
  readIntegers,
  readNumbers,
  readPixels,
  readRows,
} from "../tensors/read-inputs.ts";
import { saveTensors } from "../tensors/save-tensors.ts";

export interface RunOptions {
  /** Of the checkpoint by default. */
  readonly weights?: string;
  /** Where the weights of a spec come from. */
  readonly checkpoint?: string;
  readonly tower?: Tower;
  readonly inputs: string;
  readonly outputs: string;
  /** A way of computing, or `reference`: the float64 oracle. Backends have options of their own. */
  readonly backend: string;
  readonly hiddenStates?: boolean;
  readonly attentions?: boolean;
  readonly interpolate?: boolean;
  readonly loss?: boolean;
}

/** Runs a model on the inputs of one file and writes every output to another. */
export async function run(path: string, options: RunOptions): Promise<void> {
  const inputs = await openSafetensorsFile(options.inputs);
  const { spec, weights } = await specAndWeights(path, options);
  const session = await open(fit(spec, inputs, options), weights, options);
  try {
    const outputs = await forward(session, inputs, options.loss === true);
    const tensors = Object.entries(flattenOutputs(outputs)).map(([name, tensor]) => [
      name,
      { dtype: "F32" as const, ...tensor },
    ]);
    await saveTensors(options.outputs, Object.fromEntries(tensors));
    process.stderr.write(`${options.outputs}: ${tensors.length} tensors\n`);
  } finally {
    await session.dispose();
    await Promise.all([inputs.close(), weights.close()]);
  }
}

async function specAndWeights(
  path: string,
  { weights, checkpoint, tower }: RunOptions,
): Promise<{ readonly spec: ModelSpec; readonly weights: WeightSource }> {
  if (weights !== undefined) {
    const source = await openSafetensorsFile(weights);
    return { spec: await specOf(path, { tower }), weights: source };
  }
  const source = await openModelSource(path, { checkpoint, tower });
  if (!("spec" in source.from))
    throw new InputError(
      `${path} is a compiled module: expected its spec, or a checkpoint folder or Hub id`,
    );
  return { spec: source.from.spec, weights: source.checkpoint.weights };
}

/** The spec with the outputs that the options ask for, and the sizes that the inputs have. */
function fit(spec: ModelSpec, inputs: WeightSource, options: RunOptions): ModelSpec {
  const pixels = inputs.tensors.get("pixel_values")?.shape;
  const ids = inputs.tensors.get("input_ids")?.shape;
  const [height, width] =
    spec.pixels.dtype === "uint8" ? [pixels?.[1], pixels?.[2]] : [pixels?.[2], pixels?.[3]];
  const longest = spec.config.text_config?.max_position_embeddings ?? 0;
  const length = ids?.at(-1);
  if (length !== undefined && length > longest && spec.config.text_config)
    throw new InputError(
      `input_ids: expected at most ${longest} ids per text (max_position_embeddings), received ` +
        `${length}`,
    );
  return {
    ...spec,
    ...(options.hiddenStates && { hiddenStates: true }),
    ...(options.attentions && { attentions: true }),
    ...(length !== undefined && { textLength: length }),
    // A NaFlex model is compiled for as many patches as there are.
    ...(spec.config.vision_config?.num_patches !== undefined &&
      pixels?.[1] !== undefined && { maxNumPatches: pixels[1] }),
    ...(options.interpolate &&
      height !== undefined &&
      width !== undefined && { interpolatePosEncoding: true, imageSize: { height, width } }),
    batch: {
      image: Math.max(1, Math.min(spec.batch.image, pixels?.[0] ?? 1)),
      text: Math.max(1, Math.min(spec.batch.text, ids?.[0] ?? 1)),
    },
  };
}

async function open(spec: ModelSpec, weights: WeightSource, options: RunOptions): Promise<Session> {
  const { backend } = options;
  if (backend === "reference") return referenceSession(spec, weights);
  const { openSession } = await backendOf(backend).load();
  return openSession(backend, spec, weights, { ...options });
}

async function forward(
  session: Session,
  inputs: WeightSource,
  returnLoss: boolean,
): Promise<object> {
  const { kind } = session.plan;
  // What the model's class takes of pictures, which the types of both cannot say of one variable.
  const pixels = async (): Promise<SiglipVisionInputs> => ({
    pixelValues: await readPixels(inputs, "pixel_values"),
    ...(isNaflex(session.plan) && {
      pixelAttentionMask: await readIntegers(inputs, "pixel_attention_mask"),
      spatialShapes: await readIntegers(inputs, "spatial_shapes"),
    }),
  });
  const texts = async () => {
    const [inputIds, attentionMask, positionIds] = [
      await readRows(inputs, "input_ids"),
      await readRows(inputs, "attention_mask"),
      await readRows(inputs, "position_ids"),
    ];
    if (!inputIds)
      throw new InputError(
        `${inputs.name}: expected a tensor input_ids, found ${listed([...inputs.tensors.keys()])}`,
      );
    return {
      inputIds,
      ...(attentionMask && { attentionMask }),
      ...(positionIds && { positionIds }),
    };
  };
  switch (kind) {
    case "siglip":
    case "siglip2": {
      const model = siglipModel(session);
      const [image, text] = ["pixel_values", "input_ids"].map((name) => inputs.tensors.has(name));
      if (!image && !text)
        throw new InputError(
          `${inputs.name}: expected a tensor pixel_values, input_ids or both, found ` +
            `${listed([...inputs.tensors.keys()])}`,
        );
      const joined = session.plan.programs.some((program) =>
        program.inputs.some(({ name }) => name === "image_features"),
      );
      if (image && text && joined)
        return returnLoss
          ? model.forward({ ...(await pixels()), ...(await texts()), returnLoss })
          : model.forward({ ...(await pixels()), ...(await texts()) });
      return {
        ...(image && { visionModelOutput: await model.visionModel.forward(await pixels()) }),
        ...(text && { textModelOutput: await model.textModel.forward(await texts()) }),
      };
    }
    case "siglip-vision":
      if (inputs.tensors.has("patch_attention_mask")) return runMasked(session, inputs);
      return visionModel(session).forward(await pixels());
    case "siglip2-vision":
      return visionModel(session).forward(await pixels());
    case "siglip-text":
      return new SiglipTextModel(session).forward(await texts());
    case "siglip-image-classification":
    case "siglip2-image-classification": {
      const model = classifierModel(session);
      const labels = await readLabels(inputs);
      return labels
        ? model.forward({ ...(await pixels()), labels })
        : model.forward(await pixels());
    }
    case "graph": {
      const [program, ...others] = session.plan.programs;
      if (!program || others.length > 0)
        throw new InputError(
          `${session.plan.name} has ${session.plan.programs.length} graphs: state in its ` +
            `document the kind of model that they form, such as "kind": "siglip"`,
        );
      const given = await Promise.all(
        program.inputs.flatMap((input) =>
          input.default && !inputs.tensors.has(input.name)
            ? []
            : [
                readers[input.dtype](inputs, input.name).then(
                  (tensor) => [input.name, tensor] as const,
                ),
              ],
        ),
      );
      const symbols = Object.fromEntries(
        Object.keys(program.symbols).map((symbol) => [symbol, given[0]?.[1].shape[0] ?? 0]),
      );
      return nestOutputs(await session.run(program, Object.fromEntries(given), symbols));
    }
  }
}

/** How an input of a document is read, by its dtype. */
const readers = { float32: readFloats, int32: readIntegers, uint8: readPixels };

/** Pictures that are padded to one size, of Idefics's and SmolVLM's towers. */
async function runMasked(session: Session, inputs: WeightSource): Promise<object> {
  const program = session.programOf("pixel_values");
  if (!program.inputs.some(({ name }) => name === "position_ids"))
    throw new InputError(`patch_attention_mask: ${session.plan.name} does not take this input`);
  const { image_size: image, patch_size: patch } = session.plan.config.vision_config as {
    readonly image_size: number;
    readonly patch_size: number;
  };
  const { data, shape } = await readIntegers(inputs, "patch_attention_mask");
  const pixels = await readPixels(inputs, "pixel_values");
  const given = {
    pixel_values: pixels,
    ...nearestPositions({ data, shape }, Math.floor(image / patch)),
  };
  return nestOutputs(await session.run(program, given, { image_batch: pixels.shape[0] ?? 0 }));
}

/** One class index a picture from a vector of integers, else a row of targets. */
async function readLabels(inputs: WeightSource): Promise<Labels | undefined> {
  const labels = await readNumbers(inputs, "labels");
  if (!labels || labels.shape.length < 2) return labels?.values;
  return readRows(inputs, "labels");
}
