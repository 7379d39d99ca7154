/** The inputs and outputs of a model under transformers' names. */
import { isNaflex } from "@sigil/runtime/internal";
import type { Plan, PlannedProgram, PlannedTensor } from "@sigil/spec";

export interface TensorSignature {
  readonly name: string;
  readonly datatype: "FP32" | "INT32" | "UINT8";
  /** -1 where a request decides. */
  readonly shape: readonly number[];
}

export interface Signature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

const datatypes = { float32: "FP32", int32: "INT32", uint8: "UINT8" } as const;

const signatureOf = (
  { name, shape }: Pick<PlannedTensor, "name" | "shape">,
  datatype: TensorSignature["datatype"],
): TensorSignature => ({
  name,
  datatype,
  shape: shape.map((size) => (typeof size === "number" ? size : -1)),
});

/** The inputs of a program; of NaFlex's vision tower those that the runtime makes them of. */
function callersInputs(
  kind: Plan["kind"],
  { inputs }: PlannedProgram,
): readonly Pick<PlannedTensor, "name" | "shape" | "dtype">[] {
  const patches = isNaflex({ kind }) && inputs.find(({ name }) => name === "patches");
  if (!patches) return inputs;
  const [batch, most] = patches.shape as [PlannedTensor["shape"][0], number];
  return [
    { name: "pixel_values", dtype: "float32", shape: patches.shape },
    { name: "pixel_attention_mask", dtype: "int32", shape: [batch, most] },
    { name: "spatial_shapes", dtype: "int32", shape: [batch, 2] },
  ];
}

/**
 * The inputs and outputs of all programs. The inputs of the scores are left out, since they are
 * outputs of the towers.
 */
export function modelSignature({ kind, programs }: Plan): Signature {
  const own = programs.filter(
    ({ inputs }) => !inputs.some(({ name }) => name === "image_features"),
  );
  const inputs = own.flatMap((program) =>
    callersInputs(kind, program).map((input) =>
      // Given as ones and zeros, from which the runtime makes what is added to scores.
      signatureOf(input, input.name === "attention_mask" ? "INT32" : datatypes[input.dtype]),
    ),
  );
  const outputs = programs.flatMap((program) => {
    const text = program.inputs.some(({ name }) => name === "input_ids");
    const prefix =
      (kind === "siglip" || kind === "siglip2") && own.includes(program)
        ? `${text ? "text" : "vision"}_model_output.`
        : "";
    return program.outputs.map((output) =>
      signatureOf({ ...output, name: prefix + output.name }, "FP32"),
    );
  });
  return { inputs, outputs };
}
