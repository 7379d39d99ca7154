/** Tensors that a checkpoint keeps as codes and scales, found by the names beside theirs. */
import { entryOf } from "@sigil/spec/shared";
import { requireTensor, type TensorInfo, type WeightSource } from "../weight-source.ts";
import { packable } from "./packable.ts";
import { quantize } from "./quantized-matrix.ts";
import { readDequantized, readDequantizedRows, readQuantized } from "./read-quantized.ts";
import {
  elementCount,
  scbOf,
  storedNames,
  suffixes,
  type StoredKind,
  type StoredQuantized,
} from "./stored-quantized.ts";

function kindOf(tensors: WeightSource["tensors"], name: string): StoredKind | undefined {
  const has = (other: string): boolean => tensors.has(other);
  const dtype = tensors.get(name)?.dtype;
  if (has(`${name}_packed`)) return "packed4";
  if (dtype === undefined) return undefined;
  if (suffixes.bitsandbytes.some((suffix) => has(name + suffix))) return "bnb4";
  if (dtype.startsWith("F8_") && has(`${name}_scale`)) return "float8";
  if (dtype !== "I8") return undefined;
  return has(`${name}_scale`) ? "scaled8" : has(scbOf(name)) ? "bnb8" : undefined;
}

/**
 * The shape that a tensor has in the model, if what is stored may be of it; else the stored one.
 */
function shapeOf(
  tensors: WeightSource["tensors"],
  kind: StoredKind,
  name: string,
  expected: readonly number[],
): readonly number[] {
  const { shape } = entryOf(tensors, kind === "packed4" ? `${name}_packed` : name, "tensor");
  const rows = expected[0] ?? 1;
  const columns = elementCount(expected.slice(1));
  if (kind === "bnb4") {
    // Other quant_storage views the same bytes as wider elements, so only the blocks tell.
    return tensors.get(`${name}.absmax`)?.shape.length === 1 ? expected : shape;
  }
  if (kind === "packed4")
    return shape[0] === rows && shape[1] === Math.ceil(columns / 8) ? expected : shape;
  return shape;
}

/**
 * A view of a source under whose names the quantised tensors of a model have the model's shapes,
 * and nothing else that is stored of them is seen; floats are quantised where that is asked for.
 */
export function withQuantized(
  source: WeightSource,
  expected: Readonly<Record<string, readonly number[]>>,
): WeightSource {
  const found = new Map<string, StoredQuantized>();
  for (const [tensor, wanted] of Object.entries(expected)) {
    const kind = kindOf(source.tensors, tensor);
    if (kind)
      found.set(tensor, { kind, tensor, shape: shapeOf(source.tensors, kind, tensor, wanted) });
  }
  const hidden = new Set([...found.keys()].flatMap(storedNames));
  const tensors = new Map<string, TensorInfo>();
  for (const [name, info] of source.tensors) if (!hidden.has(name)) tensors.set(name, info);
  // In the order of the file, which reading follows.
  const places = new Map([...source.tensors.keys()].map((name, i) => [name, i]));
  const placeOf = (name: string): number =>
    places.get(name) ?? entryOf(places, `${name}_packed`, "tensor");
  const view = new Map<string, TensorInfo>(
    [
      ...tensors,
      ...[...found].map(([name, { kind, shape }]): [string, TensorInfo] => [
        name,
        kind === "float8"
          ? { dtype: entryOf(source.tensors, name, "tensor").dtype, shape }
          : { dtype: kind.endsWith("8") ? "I8" : "U8", shape, quantized: kind },
      ]),
    ].sort(([a], [b]) => placeOf(a) - placeOf(b)),
  );
  return {
    name: source.name,
    tensors: view,
    metadata: source.metadata,
    read: (name, options) => source.read(name, options),
    async readFloat32(name, options) {
      const stored = found.get(name);
      if (!stored) return source.readFloat32(name, options);
      return readDequantized(source, stored, options);
    },
    async readRowsFloat32(name, rows, options) {
      const stored = found.get(name);
      if (!stored) return source.readRowsFloat32(name, rows, options);
      return readDequantizedRows(source, stored, rows, options);
    },
    async readQuantized(name, storage, options) {
      const stored = found.get(name);
      if (stored && stored.kind !== "float8")
        return packable(await readQuantized(source, stored, storage, options), storage);
      const { shape } = requireTensor(source, name);
      const values = stored
        ? await readDequantized(source, stored, options)
        : await source.readFloat32(name, options);
      return packable(quantize(values, elementCount(shape.slice(1)), storage, name), storage);
    },
    ...(source.readRows && { readRows: source.readRows.bind(source) }),
    ...(source.verify && { verify: source.verify.bind(source) }),
    close: () => source.close(),
  };
}
