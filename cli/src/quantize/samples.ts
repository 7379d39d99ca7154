/** Pictures and texts as the inputs of a lowered program. */
import type { LoweredProgram } from "@sigil/compiler/internal";
import {
  InputError,
  NaflexTower,
  uniform,
  valueOf,
  type HostData,
  type Siglip2VisionInputs,
} from "@sigil/runtime/internal";
import { readPictures } from "../read-pictures.ts";
import type { OpenModel } from "../session.ts";

export interface CalibrationSamples {
  readonly pictures: readonly string[];
  readonly texts: readonly string[];
}

export type Given = Readonly<Record<string, HostData>>;

/** Whether a program embeds pictures or texts. Undefined if it embeds neither. */
export function towerOf({ inputs }: LoweredProgram): "pictures" | "texts" | undefined {
  const names = inputs.map(({ name }) => name);
  return names.includes("pixel_values") || names.includes("patches")
    ? "pictures"
    : names.includes("input_ids")
      ? "texts"
      : undefined;
}

/**
 * The inputs of a program for each sample, in order. Throws InputError for a picture or text that
 * cannot be prepared.
 */
export const samplesOf = (
  tower: "pictures" | "texts",
  opened: OpenModel,
  { pictures, texts }: CalibrationSamples,
): AsyncGenerator<Given> =>
  tower === "pictures" ? pictureInputs(opened, pictures) : textInputs(opened, texts);

async function* pictureInputs(
  opened: OpenModel,
  pictures: readonly string[],
): AsyncGenerator<Given> {
  const naflex = new NaflexTower(opened.session);
  for await (const { inputs } of readPictures(
    pictures,
    opened,
    ({ image, problem }) => {
      throw new InputError(`${image}: ${problem}`);
    },
    1,
  )) {
    if (!("spatialShapes" in inputs)) {
      yield { pixel_values: Float32Array.from(inputs.pixelValues.data as Float32Array) };
      continue;
    }
    const { given } = await naflex.prepare(inputs as unknown as Siglip2VisionInputs);
    const { patches, positions, patch_mask } = given;
    yield { patches: patches.data, positions: positions.data, patch_mask: patch_mask.data };
  }
}

async function* textInputs(opened: OpenModel, texts: readonly string[]): AsyncGenerator<Given> {
  for (const text of texts) {
    const { inputIds } = opened.tokenizer().encode([text], {
      padding: "max_length",
      truncation: true,
      maxLength: opened.textLength,
    });
    yield { input_ids: Int32Array.from(inputIds[0]!) };
  }
}

/**
 * Whether row `row` of `rows` that a launch computes is not of padding, which a NaFlex picture has
 * behind its patches.
 */
export const isUsed = ({ patch_mask: mask }: Given, row: number, rows: number): boolean =>
  mask?.length !== rows || mask[row] === 0;

/** The inputs of a program: what is given, and the defaults of the others. */
export function inputsOf({ inputs, symbols }: LoweredProgram, given: Given): Given {
  return Object.fromEntries(
    inputs.map(({ name, value, dtype, default: absent }) => {
      const shape = value.shape.map((extent) => valueOf(extent, symbols));
      const count = shape.reduce((a, b) => a * b, 1);
      const filled =
        absent === "positions"
          ? Int32Array.from({ length: count }, (_, i) => i % shape.at(-1)!)
          : dtype === "int32"
            ? new Int32Array(count)
            : new Float32Array(count);
      return [name, given[name] ?? filled];
    }),
  );
}

/** Noise to measure with if no samples are given: pixels, or tokens of the vocabulary. */
export const noiseFor = (
  tower: "pictures" | "texts",
  { inputs, symbols }: LoweredProgram,
  sample: number,
  vocabulary: number,
): Given => {
  const name = tower === "pictures" ? "pixel_values" : "input_ids";
  const input = inputs.find((one) => one.name === name);
  if (!input) throw new Error(`internal: the tower of ${tower} takes no ${name}`);
  const count = input.value.shape.reduce((a: number, extent) => a * valueOf(extent, symbols), 1);
  const values = uniform(`noise ${sample}`, count);
  return {
    [name]:
      tower === "pictures"
        ? values
        : Int32Array.from(values, (u) =>
            Math.min(vocabulary - 1, Math.floor(((u + 1) / 2) * vocabulary)),
          ),
  };
};
