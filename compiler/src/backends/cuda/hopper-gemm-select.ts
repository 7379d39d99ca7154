/**
 * Chooses the tile of a Hopper Gemm with the least time, which is measured if there is a timing and
 * otherwise modelled.
 */

/** How a block works; see WarpgroupGemm in runtime-cuda/device/hopper/gemm_config.cuh. */
export interface HopperTile {
  /** Warpgroups that multiply, and slabs of 64 rows that each keeps. */
  readonly consumers: number;
  readonly slabs: number;
  readonly columns: number;
  /** Blocks that share B's tile. */
  readonly cluster: number;
  /** Consumers take tiles in turns. */
  readonly alternate: boolean;
}

export interface HopperGemmShape {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** A matrix shaped as C waits in shared memory for the epilogue. */
  readonly carries: boolean;
  /** Scalar operations of the epilogue on an element. */
  readonly operations: number;
  /** Threads of the copying warpgroup read A: see `canGather`. */
  readonly gathers?: boolean;
  /** Or they unpack B: instructions for each value of it. */
  readonly unpacking?: number;
}

/**
 * A measurement that outranks the model: the tile's name and the time of a product of exactly this
 * size, read and finished in this way.
 */
export interface HopperTiming {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly carries: boolean;
  readonly gathers: boolean;
  readonly tile: string;
  readonly microseconds: number;
}

export const rowsOf = ({ consumers, slabs, alternate }: HopperTile): number =>
  64 * slabs * (alternate ? 1 : consumers);
export const nameOf = (tile: HopperTile): string =>
  `${rowsOf(tile)}x${tile.columns}${tile.cluster > 1 ? ` in clusters of ${tile.cluster}` : ""}` +
  `${tile.alternate ? ", in turns" : ""}`;

const together = (
  consumers: number,
  slabs: number,
  columns: number,
  cluster: number,
): HopperTile => ({ consumers, slabs, columns, cluster, alternate: false });
export const hopperTiles: readonly HopperTile[] = [
  ...[2, 1].flatMap((cluster) => [
    together(2, 1, 256, cluster),
    together(3, 1, 192, cluster),
    together(2, 1, 192, cluster),
    together(2, 2, 128, cluster),
    together(2, 1, 128, cluster),
  ]),
  { consumers: 2, slabs: 2, columns: 128, cluster: 2, alternate: true },
  together(1, 1, 256, 1),
  together(1, 1, 192, 1),
  together(1, 1, 128, 1),
  together(1, 1, 64, 1),
];

/** Of a block on sm_90. */
const sharedLimit = 232448;
const mostStages = 12;

/**
 * Shared memory of a tile, as WarpgroupGemm lays it out: bytes of a stage, of everything else but
 * barriers, and how many stages fit.
 */
export function sharedOf(
  tile: HopperTile,
  carries: boolean,
): { readonly stages: number; readonly bytes: number } {
  const stage = (rowsOf(tile) + tile.columns) * 128;
  const panels = tile.consumers * 4 * 2048 * (carries ? (tile.slabs * tile.columns) / 64 : 1);
  const turns = tile.alternate ? 16 : 0;
  const stages = Math.min(mostStages, Math.floor((sharedLimit - panels - turns) / (stage + 16)));
  return { stages, bytes: stages * (stage + 16) + panels + turns };
}

/**
 * Whether a tile leaves registers for a copying warpgroup that holds what it reads: two that
 * multiply have 184 each, enough for 192 columns. One shares the launch's 255 with it: 256 columns
 * spill with patches of float16.
 */
const canGather = ({ consumers, slabs, columns }: HopperTile): boolean =>
  slabs === 1 && consumers <= 2 && columns <= 192;

/** An H100 or H200 of 132 multiprocessors; per clock of one of them. */
const multiprocessors = 132;
const productsPerClock = 2048;
// The numbers below are fitted to 450 times of 32 shapes on an H200, at 1800 clocks a microsecond.
// Power lowers the clock of large products, so their steps seem to take more clocks than they do.
/** What L2 delivers to one multiprocessor while all ask. */
const l2Bytes = 50;
/** Least clocks of a step: from a full stage to its release. */
const stepLatency = 400;
/** The same where threads copy, who ask for their elements a step ahead. */
const loadLatency = 1700;
/**
 * What a step takes longer in a cluster of two, where consumers release a stage in both blocks.
 * Fewer bytes from L2 make up for a part of it only.
 */
const clusterLatency = 670;
/** Clocks of a launch beside its tiles, as events time it. */
const latency = 6000;
/** Clocks that 128 elements of an epilogue take beside its operations, less and more to read. */
const storeClocks = 15;
const carryClocks = 27;

/** The modelled time of a product with a tile, in clocks. */
export function modelledClocks(
  tile: HopperTile,
  { rows, columns, depth, operations, carries, gathers, unpacking = 0 }: HopperGemmShape,
): number {
  const tileRows = rowsOf(tile);
  const steps = Math.ceil(depth / 64);
  const tiles = Math.ceil(rows / (tileRows * tile.cluster)) * Math.ceil(columns / tile.columns);
  const waves = Math.ceil(tiles / Math.floor(multiprocessors / tile.cluster));
  // A product with 64 columns reads as much shared memory as it can in its time; wider ones leave
  // room for copies.
  const products =
    (tileRows * tile.columns * 64) / productsPerClock / (tile.columns === 64 ? 0.8 : 1);
  const bytes = (tileRows + tile.columns / tile.cluster) * 128;
  // A warp of the copying warpgroup on each of the four schedulers.
  const unpacked = (tile.columns * 64 * unpacking) / 128;
  const waiting = gathers || unpacking > 0 ? loadLatency : stepLatency;
  const main =
    steps *
    (Math.max(products, bytes / l2Bytes, waiting, unpacked) +
      (tile.cluster > 1 ? clusterLatency : 0));
  // Four schedulers of 32 lanes.
  const epilogue =
    (tileRows * tile.columns * (operations + (carries ? carryClocks : storeClocks))) / 128;
  // What of an epilogue no product hides: little if consumers take turns. The rest is fitted, not
  // explained: with one consumer less of it shows than with several.
  const exposed = tile.alternate
    ? Math.max(0.1, 1 - main / epilogue)
    : tile.consumers === 1
      ? 0.4
      : 1;
  return latency + waves * (main + exposed * epilogue) + (1 - exposed) * epilogue;
}

/** Whether a timing is of this shape. */
const isOf =
  ({ gathers = false, unpacking, ...shape }: HopperGemmShape) =>
  (timing: HopperTiming): boolean =>
    unpacking === undefined &&
    timing.gathers === gathers &&
    (["rows", "columns", "depth", "carries"] as const).every((key) => timing[key] === shape[key]);

/** The tiles with which a product can be computed. */
export const possibleTiles = ({
  carries,
  gathers,
  unpacking,
}: Pick<HopperGemmShape, "carries" | "gathers" | "unpacking">): readonly HopperTile[] =>
  hopperTiles.filter(
    (tile) =>
      sharedOf(tile, carries).stages >= 3 &&
      (!gathers || canGather(tile)) &&
      // What a block unpacks it has for itself.
      (unpacking === undefined || (canGather(tile) && tile.cluster === 1)),
  );

/**
 * The tile for a product. If `timings` has any of exactly this shape, the fastest of them is
 * chosen; otherwise the model decides.
 */
export function selectHopperGemm(
  shape: HopperGemmShape,
  timings: readonly HopperTiming[] = [],
): HopperTile {
  const possible = possibleTiles(shape);
  const known = timings.filter(isOf(shape)).sort((a, b) => a.microseconds - b.microseconds);
  const measured = known.flatMap(
    ({ tile }) => possible.find((candidate) => nameOf(candidate) === tile) ?? [],
  )[0];
  if (measured) return measured;
  const times = possible.map((tile) => modelledClocks(tile, shape));
  return possible[times.indexOf(Math.min(...times))]!;
}

/**
 * Rows of clusters taken together so that what their blocks read of A and of B in one wave is about
 * the same.
 */
export function rasterGroup(tile: HopperTile): number {
  const clusters = multiprocessors / tile.cluster;
  return Math.max(
    1,
    Math.round(Math.sqrt((clusters * tile.columns) / (rowsOf(tile) * tile.cluster))),
  );
}
