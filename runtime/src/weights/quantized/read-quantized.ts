/** Reads quantised tensors of every kind. */
import type { QuantizedStorage } from "@sigil/spec";
import { WeightsError } from "../error.ts";
import type { WeightSource } from "../weight-source.ts";
import { readBnb4, readBnb8 } from "./bitsandbytes.ts";
import type { StoredQuantized } from "./stored-quantized.ts";
import { readPacked } from "./packed.ts";
import type { QuantizedMatrix } from "./quantized-matrix.ts";
import { checkScales, regroup, weightsOf, type StoredCodes } from "./stored-codes.ts";

type ReadOptions = { readonly signal?: AbortSignal } | undefined;

async function readCodes(
  source: WeightSource,
  stored: StoredQuantized,
  options: ReadOptions,
  group?: number,
): Promise<StoredCodes> {
  if (stored.kind === "float8") throw new Error("internal: float8 has no codes");
  if (stored.kind === "bnb4") return readBnb4(source, stored, options);
  if (stored.kind === "bnb8") return readBnb8(source, stored, options);
  return readPacked(source, stored, options, group === undefined ? {} : { group });
}

/** A whole tensor in the groups of a storage, its codes as they are stored. */
export async function readQuantized(
  source: WeightSource,
  stored: StoredQuantized,
  storage: QuantizedStorage,
  options: ReadOptions,
): Promise<QuantizedMatrix> {
  const codes = await readCodes(source, stored, options, storage.group);
  return regroup(codes, storage, { file: source.name, tensor: stored.tensor });
}

/** A whole tensor as the weights that its codes stand for. */
export async function readDequantized(
  source: WeightSource,
  stored: StoredQuantized,
  options: ReadOptions,
): Promise<Float32Array> {
  if (stored.kind === "float8") return readScaled(source, stored, options);
  return weightsOf(await readCodes(source, stored, options));
}

/** The same of rows. */
export async function readDequantizedRows(
  source: WeightSource,
  stored: StoredQuantized,
  rows: ArrayLike<number>,
  options: ReadOptions,
): Promise<Float32Array> {
  if (stored.kind !== "packed4" && stored.kind !== "scaled8")
    throw new WeightsError("cannot be read by rows: only Sigil's int8 and int4 can", {
      file: source.name,
      tensor: stored.tensor,
    });
  return weightsOf(await readPacked(source, stored, options, { rows }));
}

/** Floats of 8 bits, each times the scale of its row, or the one of all. */
async function readScaled(
  source: WeightSource,
  { tensor, shape }: StoredQuantized,
  options: ReadOptions,
): Promise<Float32Array> {
  const [values, scales] = await Promise.all([
    source.readFloat32(tensor, options),
    source.readFloat32(`${tensor}_scale`, options),
  ]);
  const rows = shape[0] ?? 1;
  checkScales(scales, scales.length === 1 ? 1 : rows, {
    file: source.name,
    tensor: `${tensor}_scale`,
  });
  const columns = values.length / rows;
  return values.map((x, i) => x * scales[scales.length === 1 ? 0 : Math.floor(i / columns)]!);
}
