/**
 * Gemm: on tensor cores where B is stored in 16 bits, or quantised beside values of 16 bits; by
 * float32 multiply-adds otherwise.
 */
import { gemmOperands } from "../../kernels/operands.ts";
import type { GemmProblem } from "../../kernels/problem.ts";
import type { EmitContext, Emitted } from "./emitted.ts";
import { cppType, elementOf, isHalf, strideOfB, type CudaOperand } from "./operands.ts";
import { numbersType, quantizedRows } from "./quantized-rows.ts";
import { finishRun, renderFunctor } from "./render-expression.ts";
import { selectGemm, type TileCopy } from "./select.ts";
import { count, instance, patchesType, pointer } from "./source.ts";

/** How a tile is copied, as a type of `Config`'s tile `which`. */
function copyType(
  copy: TileCopy,
  which: "TileA" | "TileB",
  operand: CudaOperand,
  stride: number,
  { a: shape, depth, columns }: GemmProblem,
): { readonly type: string; readonly gathers: boolean } {
  const tile = `Config::${which}`;
  if (copy.kind === "rows")
    return { type: instance("RowCopy", tile, stride, depth, copy.run), gathers: false };
  if (copy.kind === "scalars")
    return {
      type: instance(
        "GatherCopy",
        tile,
        instance("ScalarRows", cppType(operand.type), stride, depth),
      ),
      gathers: true,
    };
  if (copy.kind === "quantized")
    return {
      type: instance("GatherCopy", tile, quantizedRows(copy.storage, columns, stride, depth)),
      gathers: true,
    };
  if (shape.kind === "rows") throw new Error("internal: rows are not patches");
  return {
    type: instance("GatherCopy", tile, patchesType(shape, operand, copy.run)),
    gathers: true,
  };
}

const sizeOf = (type: CudaOperand["type"]): number => (isHalf(type) ? 2 : 4);

export function emitGemm(problem: GemmProblem, { operands, symbols }: EmitContext): Emitted {
  const { depth } = problem;
  const { a, b, epilogue, c } = gemmOperands(problem, operands);
  const choice = selectGemm(problem, operands, symbols);
  const { tile } = choice;
  const element = elementOf(problem, operands);
  const fixed = typeof problem.columns === "number";
  const columns = fixed ? (problem.columns as number) : "columns";
  const finish = renderFunctor(problem.epilogue, epilogue, c, columns);
  // A run-time number of columns has no alignment to speak of.
  const run = fixed ? finishRun(epilogue, c, columns as number) : 1;
  const copyA = copyType(
    choice.a,
    "TileA",
    a,
    problem.a.kind === "rows" ? problem.a.stride : 0,
    problem,
  );
  const copyB = copyType(choice.b, "TileB", b, strideOfB(problem), problem);
  const threads = tile.kind === "mma" ? 32 * tile.warps[0] * tile.warps[1] : 16 * tile.down;
  const config =
    tile.kind === "mma"
      ? instance(
          "MmaConfig",
          cppType(element),
          tile.rows,
          tile.columns,
          tile.depth,
          ...tile.warps,
          tile.stages,
        )
      : instance("FmaConfig", tile.rows, tile.columns, tile.depth, tile.down, tile.stages);
  const ring = tile.stages * (tile.rows + tile.columns) * tile.depth * sizeOf(element);
  const slab =
    tile.kind === "mma"
      ? tile.warps[0] * tile.warps[1] * 16 * (tile.columns / tile.warps[1] + 8) * 4
      : 0;
  const sharedBytes = Math.max(ring, slab);
  const construct = (
    type: string,
    gathers: boolean,
    of: string,
    first: string,
    total: string | number,
  ): string => `${type}(${gathers ? `{${of}}` : of}, ${first}, ${total})`;
  return {
    text: {
      includes: [
        tile.kind === "mma" ? "gemm/mma.cuh" : "gemm/fma.cuh",
        ...(b.quantized ? ["gemm/quantized_rows.cuh"] : []),
      ],
      threads,
      blocks: tile.blocks,
      declarations: [
        `using Config = ${config};`,
        ...(b.quantized ? [numbersType(b.quantized)] : []),
        `using A = ${copyA.type};`,
        `using B = ${copyB.type};`,
        finish.declaration,
        `static_assert(Config::shared_bytes == ${sharedBytes} && Config::threads == ` +
          `${threads}, "the compiler launches another shape");`,
      ],
      parameters: [
        pointer(a, "a"),
        pointer(b, "b"),
        ...epilogue.map(({ place, operand }) => pointer(operand, place.name)),
        pointer(c, "c"),
        count("rows"),
        ...(fixed ? [] : [count("columns")]),
      ],
      statements: [
        "const int row = block_y() * Config::tile_rows, column = block_x() * Config::tile_columns;",
        instance(
          tile.kind === "mma" ? "multiply_mma" : "multiply_fma",
          "Config",
          depth,
          ...(tile.kind === "mma" ? [run] : []),
        ) +
          `(${construct("A", copyA.gathers, "a", "row", "rows")}, ` +
          `${construct("B", copyB.gathers, "b", "column", columns)}, ${finish.value}, c, row, ` +
          `column, rows, ${columns});`,
      ],
    },
    choice:
      `${tile.rows}x${tile.columns}x${tile.depth} a block of ${threads} threads, ` +
      `${tile.stages} stages, ${tile.kind === "mma" ? "mma.sync" : "float32 multiply-adds"}`,
    kernel: {
      grid: [
        { of: problem.columns, per: tile.columns },
        { of: problem.rows, per: tile.rows },
      ],
      threads,
      sharedBytes,
      tensorMaps: [],
    },
    extents: fixed ? [problem.rows] : [problem.rows, problem.columns],
  };
}
