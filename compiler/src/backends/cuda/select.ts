/**
 * Chooses how a problem is computed: a pure function of the problem, its operands and the largest
 * sizes. Nothing here was timed on a card yet.
 */
import type { QuantizedStorage } from "@sigil/spec";
import { valueOf } from "../../ir/extent.ts";
import { attentionOperands, gemmOperands, rowOperands } from "../../kernels/operands.ts";
import type { AttentionProblem, GemmProblem, RowReduceProblem } from "../../kernels/problem.ts";
import {
  alignedRun,
  elementOf,
  isHalf,
  pixelRun,
  strideOfB,
  type CudaOperand,
} from "./operands.ts";

type Symbols = Readonly<Record<string, number>>;

/**
 * A block's tile of C. `wanted` blocks make it worth its size: about one for each multiprocessor of
 * a large card.
 */
interface GemmTile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly stages: number;
  /** Blocks per multiprocessor. */
  readonly blocks: number;
  readonly wanted: number;
}
/** Tensor cores: warps down and across a tile. */
export interface MmaTile extends GemmTile {
  readonly kind: "mma";
  readonly warps: readonly [number, number];
}
/** float32: 16 by `down` threads. */
export interface FmaTile extends GemmTile {
  readonly kind: "fma";
  readonly down: number;
}

/**
 * Warps of 64x64 read 8 ldmatrix for 32 products; three stages of 16 KiB let cards with 100 KiB of
 * shared memory hold two blocks. Smaller
 * tiles are for fewer rows, where filling the card matters more than reading less.
 */
const mmaTiles: readonly MmaTile[] = [
  {
    kind: "mma",
    rows: 128,
    columns: 128,
    depth: 32,
    warps: [2, 2],
    stages: 3,
    blocks: 2,
    wanted: 128,
  },
  {
    kind: "mma",
    rows: 128,
    columns: 64,
    depth: 32,
    warps: [2, 2],
    stages: 3,
    blocks: 2,
    wanted: 128,
  },
  {
    kind: "mma",
    rows: 64,
    columns: 64,
    depth: 64,
    warps: [2, 2],
    stages: 3,
    blocks: 2,
    wanted: 48,
  },
  {
    kind: "mma",
    rows: 32,
    columns: 64,
    depth: 64,
    warps: [2, 2],
    stages: 4,
    blocks: 2,
    wanted: 48,
  },
  { kind: "mma", rows: 16, columns: 64, depth: 64, warps: [1, 4], stages: 4, blocks: 2, wanted: 0 },
];
const fmaTiles: readonly FmaTile[] = [
  { kind: "fma", rows: 128, columns: 128, depth: 16, down: 16, stages: 3, blocks: 2, wanted: 128 },
  { kind: "fma", rows: 64, columns: 64, depth: 16, down: 16, stages: 3, blocks: 2, wanted: 48 },
  { kind: "fma", rows: 32, columns: 64, depth: 16, down: 8, stages: 3, blocks: 2, wanted: 48 },
  { kind: "fma", rows: 16, columns: 64, depth: 32, down: 8, stages: 3, blocks: 2, wanted: 0 },
];

/** The largest tile that the rows fill more than half and of which there are enough. */
function fit<T extends GemmTile>(tiles: readonly T[], rows: number, columns: number): T {
  return (
    tiles.find(
      (tile) =>
        2 * rows > tile.rows &&
        Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) >= tile.wanted,
    ) ?? tiles.at(-1)!
  );
}

/**
 * How a tile of A or B comes into shared memory: runs of `run` elements by cp.async, or through
 * registers.
 */
export type TileCopy =
  | { readonly kind: "rows"; readonly run: number }
  | { readonly kind: "scalars" }
  | { readonly kind: "quantized"; readonly storage: QuantizedStorage }
  | { readonly kind: "patches"; readonly run: number };

export interface GemmChoice {
  readonly tile: MmaTile | FmaTile;
  readonly a: TileCopy;
  readonly b: TileCopy;
}

function copyOf(operand: CudaOperand, element: CudaOperand["type"], stride: number): TileCopy {
  const size = isHalf(element) ? 2 : 4;
  const run = alignedRun(operand, [stride], 16 / size);
  return operand.type === element && run * size >= 4 ? { kind: "rows", run } : { kind: "scalars" };
}

export function selectGemm(
  problem: GemmProblem,
  operands: readonly CudaOperand[],
  symbols: Symbols,
): GemmChoice {
  const { a, b } = gemmOperands(problem, operands);
  const [rows, columns] = [valueOf(problem.rows, symbols), valueOf(problem.columns, symbols)];
  const element = elementOf(problem, operands);
  const shape = problem.a;
  const copy: TileCopy =
    shape.kind === "rows"
      ? copyOf(a, element, shape.stride)
      : { kind: "patches", run: pixelRun(shape, a, isHalf(element) ? 8 : 4) };
  // Elements that wait in registers take those of a large tile's sums.
  const gathers = copy.kind !== "rows" || b.quantized !== undefined;
  const tile = isHalf(element)
    ? fit(gathers ? mmaTiles.slice(1) : mmaTiles, rows, columns)
    : fit(gathers ? fmaTiles.slice(1) : fmaTiles, rows, columns);
  return {
    tile,
    a: copy,
    b: b.quantized
      ? { kind: "quantized", storage: b.quantized }
      : copyOf(b, element, strideOfB(problem)),
  };
}

export type AttentionChoice =
  /** A block per query, `lanes` threads a key with `turns` runs of `run` channels each. */
  | {
      readonly kind: "few";
      readonly lanes: number;
      readonly turns: number;
      readonly run: number;
      readonly threads: number;
    }
  /** `warps` warps of 16 * `tilesDown` queries, keys `tileKeys` at a time. */
  | {
      readonly kind: "mma";
      readonly warps: number;
      readonly tilesDown: number;
      readonly tileKeys: number;
      readonly run: number;
      readonly blocks: number;
    }
  /** 8 * `ownQueries` queries a block; the aligned runs of q, k and v. */
  | {
      readonly kind: "fma";
      readonly ownQueries: number;
      readonly runs: readonly [number, number, number];
    };

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least));
/** Shared memory that a block may have on every card from sm_80 on. */
const blockBytes = 99 * 1024;

export function selectAttention(
  problem: AttentionProblem,
  operands: readonly CudaOperand[],
): AttentionChoice {
  const { queries, keys, headSize, queryStride, keyStride, valueStride } = problem;
  const { q, k, v } = attentionOperands(problem, operands);
  const runs = (most: (operand: CudaOperand) => number): [number, number, number] => [
    alignedRun(q, [queryStride, headSize], most(q)),
    alignedRun(k, [keyStride, headSize], most(k)),
    alignedRun(v, [valueStride, headSize], most(v)),
  ];
  const bytes16 = runs(({ type }) => (isHalf(type) ? 8 : 4));
  const fewFits = 4 * (keys + 4 + 2 * headSize * 4) < blockBytes;
  if ((queries <= 4 && fewFits) || headSize > 512) {
    const run = Math.min(bytes16[1], bytes16[2]);
    const pieces = Math.ceil(headSize / run);
    // Four to 32 lanes a key, so that its bytes are whole sectors: those that leave the fewest
    // lanes idle.
    const idle = (lanes: number): number => Math.ceil(pieces / lanes) * lanes - pieces;
    const lanes = [32, 16, 8, 4].reduce(
      (best, candidate) =>
        candidate < 2 * powerOfTwo(pieces) && idle(candidate) < idle(best) ? candidate : best,
      Math.min(32, powerOfTwo(pieces)),
    );
    return { kind: "few", lanes, turns: Math.ceil(pieces / lanes), run, threads: 128 };
  }
  const half = isHalf(q.type) && q.type === k.type && q.type === v.type;
  if (half && headSize <= 128) {
    const run = Math.min(...bytes16);
    // 32 queries a warp halve what it reads of K and V; wide heads leave too few registers for
    // that, short sequences too few blocks.
    // With heads of 72, scores of 64 keys take the last registers: a kernel of 576 keys spilled on
    // sm_100f.
    if (queries > 64 && headSize <= 72)
      return {
        kind: "mma",
        warps: 4,
        tilesDown: 2,
        tileKeys: headSize <= 64 ? 64 : 48,
        run,
        blocks: 2,
      };
    return {
      kind: "mma",
      warps: 4,
      tilesDown: 1,
      tileKeys: headSize <= 96 ? 64 : 32,
      run,
      blocks: 2,
    };
  }
  return { kind: "fma", ownQueries: headSize <= 128 ? 8 : 2, runs: bytes16 };
}

/** `lanes` threads a row, which is read once if it is `kept` in registers. */
export interface RowChoice {
  readonly lanes: number;
  readonly threads: number;
  readonly run: number;
  readonly kept: boolean;
}

export function selectRow(problem: RowReduceProblem, operands: readonly CudaOperand[]): RowChoice {
  const { width } = problem;
  const { x, weight, bias, out } = rowOperands(problem, operands);
  const run = Math.min(
    ...[x, out].map((operand) => alignedRun(operand, [width], isHalf(operand.type) ? 8 : 4)),
    ...[weight, bias].map((operand) => (operand ? alignedRun(operand, [], 8) : 8)),
  );
  // 48 floats a lane leave room for four warps of four blocks; wider rows are shared by a block.
  if (width <= 48 * 32) return { lanes: 32, threads: 128, run, kept: true };
  if (width <= 32 * 256) return { lanes: 256, threads: 256, run, kept: true };
  return { lanes: 256, threads: 256, run, kept: false };
}
