/**
 * What bitsandbytes saves of its Linear4bit and Linear8bitLt (nn/modules.py, functional.py of
 * version 0.50).
 */
import { codeBooks, parsePythonJson, shown } from "@sigil/spec/shared";
import { WeightsError } from "../error.ts";
import type { WeightSource } from "../weight-source.ts";
import { elementCount, scbOf, type StoredQuantized } from "./stored-quantized.ts";
import { checkScales, type StoredCodes, type Where } from "./stored-codes.ts";

type ReadOptions = { readonly signal?: AbortSignal } | undefined;

/** The 4-bit types, each with the name of the tensor that says more. */
const types = ["nf4", "fp4"] as const;

/** The JSON of a quant_state. */
interface QuantState {
  readonly quant_type?: unknown;
  readonly blocksize?: unknown;
  readonly shape?: unknown;
  readonly nested_blocksize?: unknown;
  readonly nested_offset?: unknown;
}

/**
 * Blocks of weights in the flat matrix, two codes to a byte, the first in its upper half. Scales
 * may be quantised themselves: a number of a book times a scale of each 256, and an offset.
 */
export async function readBnb4(
  source: WeightSource,
  { tensor, shape }: StoredQuantized,
  options: ReadOptions,
): Promise<StoredCodes> {
  const where: Where = { file: source.name, tensor };
  const type = types.find((name) =>
    source.tensors.has(`${tensor}.quant_state.bitsandbytes__${name}`),
  );
  const nested = source.tensors.has(`${tensor}.nested_absmax`);
  const needed = [".absmax", ".quant_map", ...(nested ? [".nested_quant_map"] : [])];
  const missing = needed.filter((suffix) => !source.tensors.has(tensor + suffix));
  if (!type) missing.push(".quant_state.bitsandbytes__nf4 (or fp4)");
  if (!type || missing.length > 0)
    throw new WeightsError("is quantised by bitsandbytes, but some of it is missing", {
      ...where,
      issues: missing.map((suffix) => `missing "${tensor}${suffix}"`),
    });
  const [packed, map, stateBytes] = await Promise.all([
    source.read(tensor, options),
    source.readFloat32(`${tensor}.quant_map`, options),
    source.read(`${tensor}.quant_state.bitsandbytes__${type}`, options),
  ]);
  const state = parseState(stateBytes, where);
  const count = elementCount(shape);
  const stated = Array.isArray(state.shape) ? state.shape.map(Number) : [];
  const expect = (holds: boolean, what: string, expected: unknown, received: unknown): void => {
    if (!holds)
      throw new WeightsError(`has an unexpected ${what}`, {
        ...where,
        expected: shown(expected),
        received: shown(received),
      });
  };
  expect(state.quant_type === type, "quant_type", type, state.quant_type);
  expect(
    elementCount(stated) === count && stated[0] === shape[0],
    "shape in its quant_state",
    shape,
    state.shape,
  );
  const block = state.blocksize as number;
  expect(Number.isSafeInteger(block) && block > 0, "blocksize", "a whole number", state.blocksize);
  expect(packed.length === Math.ceil(count / 2), "size", Math.ceil(count / 2), packed.length);
  const book = codeBooks[type];
  expect(
    map.length === 16 && book.every((number, code) => Math.abs(number - map[code]!) < 1e-6),
    "quant_map",
    `${type}'s`,
    Array.from(map),
  );
  const absmax = nested
    ? await readNested(source, tensor, state, where, options)
    : await source.readFloat32(`${tensor}.absmax`, options);
  const scales = checkScales(absmax, Math.ceil(count / block), {
    ...where,
    tensor: `${tensor}.absmax`,
  });
  const codes = new Int8Array(count);
  for (let i = 0; i < count; i++) codes[i] = (packed[i >> 1]! >> (i & 1 ? 0 : 4)) & 15;
  return {
    rows: shape[0]!,
    columns: count / shape[0]!,
    bits: 4,
    book: type,
    codes,
    scales,
    block,
    across: true,
  };
}

async function readNested(
  source: WeightSource,
  tensor: string,
  { nested_blocksize: block, nested_offset: offset }: QuantState,
  where: Where,
  options: ReadOptions,
): Promise<Float32Array> {
  if (!Number.isSafeInteger(block) || (block as number) < 1 || !Number.isFinite(offset))
    throw new WeightsError("has scales that cannot be read", {
      ...where,
      expected: "a nested_blocksize and a nested_offset in its quant_state",
      received: `${shown(block)} and ${shown(offset)}`,
    });
  const [codes, map, absmax] = await Promise.all([
    source.read(`${tensor}.absmax`, options),
    source.readFloat32(`${tensor}.nested_quant_map`, options),
    source.readFloat32(`${tensor}.nested_absmax`, options),
  ]);
  checkScales(map, 256, { ...where, tensor: `${tensor}.nested_quant_map` });
  checkScales(absmax, Math.ceil(codes.length / (block as number)), {
    ...where,
    tensor: `${tensor}.nested_absmax`,
  });
  return Float32Array.from(
    codes,
    (code, i) =>
      Math.fround(map[code]! * absmax[Math.floor(i / (block as number))]!) + (offset as number),
  );
}

function parseState(bytes: Uint8Array, where: Where): QuantState {
  let state: unknown;
  try {
    state = parsePythonJson(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new WeightsError("has a quant_state that is not JSON", { ...where, cause });
  }
  if (typeof state !== "object" || state === null)
    throw new WeightsError("has a quant_state that is not an object", where);
  return state;
}

/** What dequantising multiplies by, as bitsandbytes has it: 1 / 127 in float32. */
const ofOne = 7.874015718698502e-3;

/** A row has one scale, the largest magnitude, which the code 127 stands for. */
export async function readBnb8(
  source: WeightSource,
  { tensor, shape }: StoredQuantized,
  options: ReadOptions,
): Promise<StoredCodes> {
  const where: Where = { file: source.name, tensor };
  const format = `${tensor}_format`;
  if (source.tensors.has(format)) {
    const [layout] = await source.read(format, options);
    if (layout !== 0)
      throw new WeightsError("is stored in an order that bitsandbytes dropped in version 0.43", {
        ...where,
        expected: "weight_format 0 (rows)",
        received: String(layout),
      });
  }
  const [bytes, largest] = await Promise.all([
    source.read(tensor, options),
    source.readFloat32(scbOf(tensor), options),
  ]);
  const rows = shape[0] ?? 1;
  const columns = elementCount(shape) / rows;
  checkScales(largest, rows, { ...where, tensor: scbOf(tensor) });
  return {
    rows,
    columns,
    bits: 8,
    codes: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length),
    scales: largest.map((scale) => scale * ofOne),
    block: columns,
    across: false,
  };
}
