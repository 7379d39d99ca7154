/** Kernels on their own as a model of one program, whose launches they are: what a card times one by one, on random operands. */
import { kernelSource } from "@sigil/compiler";

const align = (bytes) => Math.ceil(bytes / 256) * 256;
export const bytesOf = (type) => ({ float32: 4, int32: 4, float16: 2, bfloat16: 2, uint8: 1 })[type];

/**
 * `operands`: of every launch, `{ type, count, offset, written }` in elements, or of each launch its own. `launches`: `{ name, problem, emitted: by path, operands? }`.
 * Operands that no launch writes are inputs named by their number.
 */
export function kernelModel(name, { symbols, launches, operands: shared, flops = 0 }) {
  let arenaBytes = 0;
  const inputs = [];
  const types = {};
  const place = (operands) =>
    operands.map(({ type, count, offset, written }) => {
      const bytes = align((offset + count) * bytesOf(type));
      const location = { space: "arena", offset: arenaBytes };
      arenaBytes += bytes;
      if (!written) {
        types[`operand_${inputs.length}`] = type;
        inputs.push({ name: `operand_${inputs.length}`, dtype: "uint8", shape: [bytes], location });
      }
      return { space: "arena", offset: location.offset + offset * bytesOf(type) };
    });
  const common = shared && place(shared);
  const planned = launches.map(({ name: kernel, emitted, operands }) => ({ kernel, operands: operands ? place(operands) : common, extents: Object.values(emitted)[0].extents, origins: [kernel] }));
  const byPath = (of) => Object.fromEntries(["portable", "hopper"].map((path) => [path, Object.fromEntries(launches.flatMap((launch) => (launch.emitted[path] ? [[launch.name, of(launch, launch.emitted[path])]] : [])))]));
  return {
    plan: {
      version: 1, name, kind: "graph", architecture: "kernels", storage: "bfloat16", config: {}, tensors: {},
      programs: [{ name: "kernels", symbols, inputs, outputs: [], weights: [], weightBytes: 0, arenaBytes, scratchBytes: 0, gathers: [], init: [], launches: planned, flops }],
    },
    kernels: byPath((_, { kernel }) => kernel),
    // The first lines as of every kernel of a model.
    sources: byPath(({ name: kernel, problem }, { text, choice }) => `// ${JSON.stringify(problem)}\n// choice: ${choice}\n${kernelSource(kernel, text)}`),
    operandTypes: types,
  };
}
