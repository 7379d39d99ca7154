/**
 * Gemm on the Hopper path: a 16-bit A of rows, or patches of pictures, times a weight of 16 bits or
 * of codes; TMA fetches what it can.
 */
import { hasZeroPoints, type QuantizedStorage } from "@sigil/spec";
import { multiply, valueOf } from "../../ir/extent.ts";
import type { Expression } from "../../expr/expression.ts";
import { gemmOperands, type NamedOperand } from "../../kernels/operands.ts";
import type { EpilogueOperand, GemmProblem } from "../../kernels/problem.ts";
import type { EmitContext, Emitted } from "./emitted.ts";
import {
  nameOf,
  rasterGroup,
  rowsOf,
  selectHopperGemm,
  sharedOf,
  type HopperGemmShape,
  type HopperTile,
} from "./hopper-gemm-select.ts";
import { hopperTimings } from "./hopper-timings.ts";
import type { TensorMapSpec } from "./kernel.ts";
import { cppType, elementOf, isHalf, pixelRun, strideOfB, type CudaOperand } from "./operands.ts";
import { numbersType, quantizedRows } from "./quantized-rows.ts";
import { renderFunctor } from "./render-expression.ts";
import { count, instance, patchesType, pointer, tensorMap } from "./source.ts";

const operationsOf = (e: Expression): number =>
  e.kind === "unary"
    ? (e.function === "neg" || e.function === "abs" ? 1 : 4) + operationsOf(e.x)
    : e.kind === "binary"
      ? 1 + operationsOf(e.x) + operationsOf(e.y)
      : 0;

/**
 * Whether TMA can fetch rows: the first row and the distance between rows must be multiples of 16
 * bytes.
 */
export const copiesByTensor = ({ type, offset }: CudaOperand, stride: number): boolean =>
  isHalf(type) && offset % 8 === 0 && stride % 8 === 0;

/**
 * Whether threads hold eight codes with one scale and one zero point: the registers of the copying
 * warpgroup have room for no more.
 */
const sharesScales = (storage: QuantizedStorage, depth: number): boolean =>
  (storage.group % 8 === 0 || storage.group >= depth) &&
  !(hasZeroPoints(storage) && depth % 8 !== 0);

/** Instructions that make a value of a code: a conversion, or choices among a book's numbers. */
const unpackingOf = ({ book }: QuantizedStorage): number => (book ? 20 : 6);

function fits(problem: GemmProblem, operands: readonly CudaOperand[]): boolean {
  const { a: shape, b: kind, columns, depth } = problem;
  const { a, b, epilogue, c } = gemmOperands(problem, operands);
  const element = elementOf(problem, operands);
  if (kind.kind !== "weight" || typeof columns !== "number" || !isHalf(element)) return false;
  // Two neighbours of a row are finished at once.
  const pairs = epilogue.every(
    ({ place, operand }) =>
      place.index === "scalar" || (operand.offset % 2 === 0 && columns % 2 === 0),
  );
  const stores =
    c.type === "float32"
      ? columns % 2 === 0 && c.offset % 2 === 0
      : c.type === element && columns % 8 === 0 && c.offset % 8 === 0;
  const copiesA = shape.kind === "rows" && a.type === element && copiesByTensor(a, shape.stride);
  // Threads read A or B, but not both.
  const reads = b.quantized
    ? copiesA && sharesScales(b.quantized, depth)
    : (copiesA || shape.kind !== "rows") && copiesByTensor(b, strideOfB(problem));
  return reads && pairs && stores;
}

/** Which of the epilogue's operands is copied to shared memory while products are computed. */
function carriedOperand(
  problem: GemmProblem,
  operands: readonly CudaOperand[],
): NamedOperand<EpilogueOperand, CudaOperand> | undefined {
  const { epilogue, c } = gemmOperands(problem, operands);
  return isHalf(c.type)
    ? epilogue.find(
        ({ place, operand }) =>
          place.index === "element" && operand.type === c.type && operand.offset % 8 === 0,
      )
    : undefined;
}

/**
 * The properties of a problem at its largest sizes that decide its tile. Undefined if the portable
 * kernel has to compute it.
 */
export function hopperShapeOf(
  problem: GemmProblem,
  { operands, symbols }: EmitContext,
): HopperGemmShape | undefined {
  if (!fits(problem, operands)) return undefined;
  const { quantized } = gemmOperands(problem, operands).b;
  return {
    rows: valueOf(problem.rows, symbols),
    columns: problem.columns as number,
    depth: problem.depth,
    carries: carriedOperand(problem, operands) !== undefined,
    operations: operationsOf(problem.epilogue),
    gathers: problem.a.kind !== "rows",
    ...(quantized && { unpacking: unpackingOf(quantized) }),
  };
}

/**
 * Emits the kernel of a Gemm. Undefined if the portable kernel has to compute it. The tile is
 * chosen unless it is given.
 */
export function emitHopperGemm(
  problem: GemmProblem,
  context: EmitContext,
  given?: HopperTile,
): Emitted | undefined {
  const chosenFor = hopperShapeOf(problem, context);
  if (!chosenFor) return undefined;
  const { operands } = context;
  const { depth, a: shape } = problem;
  const { a, b, epilogue, c } = gemmOperands(problem, operands);
  const places = gemmOperands(problem, [...operands.keys()]);
  const columns = problem.columns as number;
  const carried = carriedOperand(problem, operands)?.place.name;
  const tile = given ?? selectHopperGemm(chosenFor, hopperTimings);
  const { stages, bytes } = sharedOf(tile, carried !== undefined);
  const threads = 128 * (tile.consumers + 1);
  const finish = renderFunctor(problem.epilogue, epilogue, c, columns, carried);
  const tileRows = rowsOf(tile);
  const map = (
    { type }: CudaOperand,
    operand: number,
    rows: TensorMapSpec["sizes"][number],
    stride: number,
    box: number,
  ): TensorMapSpec => ({
    operand,
    offset: 0,
    dtype: type as TensorMapSpec["dtype"],
    sizes: [depth, rows],
    strides: [stride * 2],
    box: [64, box],
    swizzle: "128",
  });
  // At every batch at least as many blocks as tiles; blocks without one leave.
  const rowsOnce = typeof problem.rows === "number" ? problem.rows : problem.rows.factor;
  const blockRows = tileRows * tile.cluster;
  const across = Math.ceil(columns / tile.columns) * tile.cluster;
  const { quantized } = b;
  const copied = { a: shape.kind === "rows", b: quantized === undefined };
  const maps = [
    ...(shape.kind === "rows" ? [map(a, places.a, problem.rows, shape.stride, tileRows)] : []),
    ...(copied.b
      ? [map(b, places.b, columns, strideOfB(problem), tile.columns / tile.cluster)]
      : []),
  ];
  const copies = ((): { readonly include: string; readonly value: string; how: string } => {
    if (shape.kind !== "rows") {
      const type = instance("GatheredRows", patchesType(shape, a, pixelRun(shape, a, 8)));
      const bytes = shape.kind === "byte_patches" ? " of bytes" : "";
      const how = `TMA and by patches${bytes}`;
      return { include: "hopper/gathered_rows.cuh", value: `${type}{{a}, &map_b}`, how };
    }
    if (!quantized)
      return { include: "hopper/gemm.cuh", value: "CopiedTiles{&map_a, &map_b}", how: "TMA" };
    const source = quantizedRows(quantized, columns, strideOfB(problem), depth);
    const value = `${instance("UnpackedColumns", source, columns)}{&map_a, {b}}`;
    return { include: "hopper/unpacked_columns.cuh", value, how: "TMA and by codes" };
  })();
  return {
    text: {
      includes: [copies.include, ...(quantized ? ["gemm/quantized_rows.cuh"] : [])],
      threads,
      blocks: 1,
      declarations: [
        "using Config = " +
          instance(
            "WarpgroupGemm",
            cppType(elementOf(problem, operands)),
            tile.consumers,
            tile.slabs,
            tile.columns,
            stages,
            tile.cluster,
            tile.alternate,
            carried !== undefined,
            !copied.a || !copied.b,
          ) +
          ";",
        ...(quantized ? [numbersType(quantized)] : []),
        finish.declaration,
        `static_assert(Config::shared_bytes == ${bytes} && Config::threads == ${threads} && ` +
          `Config::tile_rows == ${tileRows}, "the compiler launches another shape");`,
      ],
      parameters: [
        pointer(a, "a"),
        pointer(b, "b"),
        ...epilogue.map(({ place, operand }) => pointer(operand, place.name)),
        pointer(c, "c"),
        count("rows"),
        ...(copied.a ? [tensorMap("map_a")] : []),
        ...(copied.b ? [tensorMap("map_b")] : []),
      ],
      statements: [
        ...(copied.a ? ["(void)a;"] : []),
        ...(copied.b ? ["(void)b;"] : []),
        `${instance("multiply_warpgroup", "Config", depth, columns, rasterGroup(tile))}(` +
          `${copies.value}, ${finish.value}, ` +
          `${carried ?? `static_cast<const ${cppType(c.type)}*>(nullptr)`}, c, rows);`,
      ],
    },
    choice:
      `${nameOf(tile)}, ${tile.consumers} warpgroups of wgmma m64n${tile.columns}k16, ` +
      `${stages} stages filled by ${copies.how}${carried ? `, ${carried} carried` : ""}`,
    kernel: {
      grid: [
        {
          of: multiply(problem.rows, across),
          per: Math.max(1, Math.floor(rowsOnce / Math.ceil(rowsOnce / blockRows))),
        },
      ],
      persistent: true,
      ...(tile.cluster > 1 && { cluster: tile.cluster }),
      threads,
      sharedBytes: bytes,
      tensorMaps: maps,
      programmatic: true,
    },
    extents: [problem.rows],
  };
}
