/** The names and kinds of what a checkpoint holds of a quantised tensor. */
/**
 * Who wrote a tensor so: bitsandbytes in 4 or 8 bits, or Sigil and compressed-tensors, who also
 * scale floats of 8 bits.
 */
export type StoredKind = "bnb4" | "bnb8" | "packed4" | "scaled8" | "float8";

/** A tensor as it is stored, and its shape as the model has it. */
export interface StoredQuantized {
  readonly kind: StoredKind;
  readonly tensor: string;
  readonly shape: readonly number[];
}

/** What names of 4 bits end in, beside that of the tensor itself. */
export const suffixes = {
  bitsandbytes: [
    ".absmax",
    ".quant_map",
    ".nested_absmax",
    ".nested_quant_map",
    ".quant_state.bitsandbytes__nf4",
    ".quant_state.bitsandbytes__fp4",
  ],
  packed: ["_scale", "_packed", "_shape", "_zero_point"],
} as const;

/** Of a shape; not dtype.ts's, which pages would then download in a piece of its own. */
export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** bitsandbytes keeps the scales of 8 bits beside the weight, not under it. */
export const scbOf = (name: string): string => name.replace(/weight$/, "SCB");

/** Every name under which something of a tensor may be stored, its own first. */
export const storedNames = (name: string): string[] => [
  name,
  ...Object.values(suffixes)
    .flat()
    .map((suffix) => name + suffix),
  ...(name.endsWith("weight") ? [scbOf(name), `${name}_format`] : []),
];
