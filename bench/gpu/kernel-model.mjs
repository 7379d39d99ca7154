/**
 * Kernels on their own as a model of one program, whose launches they are: what a card times one by
 * one, on random operands.
 */
import { sealPlan } from "@sigil/spec";

const align = (bytes) => Math.ceil(bytes / 256) * 256;
const bytesOf = { float32: 4, int32: 4, float16: 2, bfloat16: 2, uint8: 1 };

/**
 * `operands`: of every launch, `{ type, count, offset, written }` in elements, or of each launch
 * its own. `launches`: `{ name, extents, operands? }`; `kernels` and `sources`
 * by path and name. Operands that no launch writes are inputs named by their number.
 */
export function kernelModel(name, { symbols, launches, operands: shared, kernels, sources }) {
  let arenaBytes = 0;
  const inputs = [];
  const operandTypes = {};
  const place = (operands) =>
    operands.map(({ type, count, offset, written }) => {
      const bytes = align((offset + count) * bytesOf[type]);
      const location = { space: "arena", offset: arenaBytes };
      arenaBytes += bytes;
      if (!written) {
        operandTypes[`operand_${inputs.length}`] = type;
        inputs.push({ name: `operand_${inputs.length}`, dtype: "uint8", shape: [bytes], location });
      }
      return { space: "arena", offset: location.offset + offset * bytesOf[type] };
    });
  const common = shared && place(shared);
  const planned = launches.map(({ name: kernel, extents, operands }) => ({
    kernel,
    operands: operands ? place(operands) : common,
    extents,
    origins: [kernel],
  }));
  const program = {
    name: "kernels",
    symbols,
    inputs,
    outputs: [],
    weights: [],
    weightBytes: 0,
    arenaBytes,
    scratchBytes: 0,
    gathers: [],
    init: [],
    launches: planned,
    flops: 0,
  };
  return {
    plan: sealPlan({
      version: 1,
      name,
      kind: "graph",
      architecture: "kernels",
      storage: "bfloat16",
      config: {},
      tensors: {},
      programs: [program],
    }),
    kernels,
    sources,
    operandTypes,
  };
}
