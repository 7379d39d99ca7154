/** Reads quantised tensors of every kind. */
import type { QuantizedStorage } from "@sigil/spec";
import { WeightsError } from "../error.ts";
import type { WeightSource } from "../weight-source.ts";
import { readBnb4, readBnb8 } from "./bitsandbytes.ts";
import type { StoredQuantized } from "./stored-quantized.ts";
import { readPacked } from "./packed.ts";
import type { QuantizedMatrix } from "./quantized-matrix.ts";
import { regroup, weightsOf, type StoredCodes } from "./stored-codes.ts";

type ReadOptions = { readonly signal?: AbortSignal } | undefined;

async function readCodes(
  source: WeightSource,
  stored: StoredQuantized,
  options: ReadOptions,
  group?: number,
): Promise<StoredCodes> {
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
  return weightsOf(await readCodes(source, stored, options));
}

/** The same of rows. */
export async function readDequantizedRows(
  source: WeightSource,
  stored: StoredQuantized,
  rows: ArrayLike<number>,
  options: ReadOptions,
): Promise<Float32Array> {
  if (stored.kind === "bnb4" || stored.kind === "bnb8")
    throw new WeightsError("is no table: bitsandbytes quantises no embeddings", {
      file: source.name,
      tensor: stored.tensor,
    });
  return weightsOf(await readPacked(source, stored, options, { rows }));
}
