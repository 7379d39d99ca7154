/**
 * A model for each distinct Hopper Gemm of the towers, whose launches are that product by every
 * tile that can do it.
 */
import {
  emitHopperGemm,
  hopperShapeOf,
  kernelSource,
  lowerSpec,
  nameOfHopperTile,
  narrow,
  operandsOf,
  possibleHopperTiles,
  selectHopperGemm,
  smallerSizes,
} from "@sigil/compiler/internal";
import { valueOf } from "@sigil/runtime/internal";
import { kernelModel } from "./kernel-model.mjs";

export const tilePrefix = "tiles.";
const nameOf = ({ rows, columns, depth, carries, gathers }) =>
  `${tilePrefix}${rows}x${columns}x${depth}${carries ? ".carried" : ""}` +
  `${gathers ? ".gathered" : ""}`;

/**
 * Elements of each operand at the largest sizes. Rows of weights may be padded to eight elements.
 */
function operandsOfGemm({ a, rows: extent, columns, depth, epilogueOperands }, operands, symbols) {
  const rows = valueOf(extent, symbols);
  const ofA =
    a.kind === "rows"
      ? rows * a.stride
      : Math.ceil(rows / (a.gridHeight * a.gridWidth)) * a.channels * a.height * a.width;
  const ofEpilogue = epilogueOperands.map(
    ({ index, period }) =>
      ({ column: columns, element: rows * columns, periodic: period * columns, scalar: 1 })[index],
  );
  const counts = [ofA, columns * 8 * Math.ceil(depth / 8), ...ofEpilogue, rows * columns];
  return operands.map(({ type, offset, written }, i) => ({
    type,
    offset,
    written,
    count: counts[i],
  }));
}

/** Name to model; `most` limits shapes and tiles of each for a rehearsal. */
export function tileModels(specs, { mostShapes = Infinity, mostTiles = Infinity } = {}) {
  const models = {};
  for (const spec of specs)
    for (const { lowered } of lowerSpec(spec)) {
      const { launches, symbols: largest } = narrow(lowered, spec.storage);
      const sizes = [largest, ...smallerSizes(largest)];
      for (const [{ problem, operands }, symbols] of launches.flatMap((launch) =>
        sizes.map((each) => [launch, each]),
      )) {
        const context = { operands: operandsOf(problem, operands), symbols };
        const shape = problem.family === "gemm" && hopperShapeOf(problem, context);
        if (!shape || nameOf(shape) in models || Object.keys(models).length >= mostShapes) continue;
        // The model's own first, for a rehearsal to have it.
        const chosen = selectHopperGemm(shape, []);
        const tiles = [
          chosen,
          ...possibleHopperTiles(shape).filter((tile) => tile !== chosen),
        ].slice(0, mostTiles);
        const named = tiles.map((tile, i) => ({
          name: `tile_${i}`,
          tile,
          emitted: emitHopperGemm(problem, context, tile),
        }));
        const hopper = (of) => ({
          portable: {},
          hopper: Object.fromEntries(named.map((one) => [one.name, of(one)])),
        });
        models[nameOf(shape)] = {
          ...kernelModel(nameOf(shape), {
            symbols,
            // The first once more, ahead: it finds operands outside of L2 and a clock at rest.
            launches: [named[0], ...named].map(({ name, emitted }) => ({
              name,
              extents: emitted.extents,
            })),
            operands: operandsOfGemm(problem, context.operands, symbols),
            kernels: hopper(({ emitted }) => emitted.kernel),
            // The first lines as of every kernel of a model.
            sources: hopper(
              ({ name, emitted }) =>
                `// ${JSON.stringify(problem)}\n// choice: ` +
                `${emitted.choice}\n${kernelSource(name, emitted.text)}`,
            ),
          }),
          shape,
          tiles: Object.fromEntries(named.map(({ name, tile }) => [name, nameOfHopperTile(tile)])),
          chosen: nameOfHopperTile(chosen),
        };
      }
    }
  return models;
}
