import { elementCount } from "./dtype.ts";
import { checkRows, requireTensor, type TensorInfo, type WeightSource } from "./weight-source.ts";

/** The name and the shape of a weight that a model needs. */
export interface ExpectedWeight {
  readonly name: string;
  readonly shape: readonly number[];
}

function key(name: string, seed: number): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${name}#${seed}`))
    hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0;
}

function fill(
  out: Float32Array,
  start: number,
  name: string,
  seed: number,
  scale: number,
  offset: number,
): Float32Array {
  let state = (key(name, seed) + Math.imul(start, 0x9e3779b9)) | 0;
  const s = Math.fround(scale);
  const o = Math.fround(offset);
  const step = 1 / 8388608;
  for (let i = 0; i < out.length; i++) {
    let x = state;
    state = (state + 0x9e3779b9) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x ^= x >>> 16;
    out[i] = Math.fround(Math.fround(((x >>> 8) * step - 1) * s) + o);
  }
  return out;
}

/** `count` float32 values in [-1, 1), a pure function of name and seed (a hash per index). */
export function uniform(name: string, count: number, seed = 0): Float32Array {
  return fill(new Float32Array(count), 0, name, seed, 1, 0);
}

function scaleAndOffset(name: string, shape: readonly number[]): [scale: number, offset: number] {
  const leaf = name.slice(name.lastIndexOf(".") + 1);
  if (name === "logit_scale") return [0, 4.7];
  if (name === "logit_bias") return [0, -12];
  if (leaf === "bias" || leaf === "in_proj_bias") return [0.02, 0];
  if (leaf === "weight" && shape.length === 1) return [0.1, 1];
  if ((name.endsWith("embedding.weight") || name.endsWith("probe")) && !name.includes("patch"))
    return [0.5, 0];
  return [Math.sqrt(3 / elementCount(shape.slice(1))), 0];
}

/**
 * The synthetic weight for a SigLIP tensor name: float32, row-major. The name, the shape and the
 * seed determine it, in every language.
 */
export function syntheticTensor(name: string, shape: readonly number[], seed = 0): Float32Array {
  return fill(new Float32Array(elementCount(shape)), 0, name, seed, ...scaleAndOffset(name, shape));
}

/**
 * A checkpoint of synthetic tensors. Each is computed when it is read, and single rows without the
 * rest of their table.
 */
export function syntheticWeights(expected: readonly ExpectedWeight[], seed = 0): WeightSource {
  const name = `synthetic weights (seed ${seed})`;
  const tensors = new Map<string, TensorInfo>(
    expected.map((weight) => [weight.name, { dtype: "F32", shape: weight.shape }]),
  );
  const whole = (tensor: string, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    return syntheticTensor(tensor, requireTensor({ name, tensors }, tensor).shape, seed);
  };
  return {
    name,
    tensors,
    metadata: {},
    async read(tensor, options) {
      return new Uint8Array(whole(tensor, options?.signal).buffer);
    },
    async readFloat32(tensor, options) {
      return whole(tensor, options?.signal);
    },
    async readRowsFloat32(tensor, rows, options) {
      options?.signal?.throwIfAborted();
      const columns = checkRows({ name, tensors }, tensor, rows);
      const range = scaleAndOffset(tensor, requireTensor({ name, tensors }, tensor).shape);
      const out = new Float32Array(rows.length * columns);
      for (let i = 0; i < rows.length; i++) {
        fill(
          out.subarray(i * columns, (i + 1) * columns),
          rows[i]! * columns,
          tensor,
          seed,
          ...range,
        );
      }
      return out;
    },
    async close() {},
  };
}
