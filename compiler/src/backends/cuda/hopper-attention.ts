/**
 * Attention on the Hopper path: heads of 64, 72 and 96 channels, q, k and v of 16 bits fetched by
 * TMA from wherever their rows lie.
 */
import { multiply } from "../../ir/extent.ts";
import { attentionOperands } from "../../kernels/operands.ts";
import type { AttentionProblem } from "../../kernels/problem.ts";
import type { EmitContext, Emitted } from "./emitted.ts";
import { copiesByTensor } from "./hopper-gemm.ts";
import type { TensorMapSpec } from "./kernel.ts";
import { cppType, type CudaOperand } from "./operands.ts";
import { count, floatLiteral, instance, pointer, tensorMap } from "./source.ts";

interface Longest {
  /** Keys in one tile if there is no other. */
  readonly alone: number;
  /** In each of several tiles, of which the last is smaller; and if it is not. */
  readonly tile: number;
  readonly full: number;
}
/**
 * What registers and shared memory allow by head width, without and with a mask. Found by compiling
 * for sm_90a: sixteen more and it spills.
 */
const longest: Readonly<Record<number, readonly [Longest, Longest]>> = {
  64: [
    { alone: 256, tile: 176, full: 192 },
    { alone: 240, tile: 176, full: 192 },
  ],
  72: [
    { alone: 208, tile: 160, full: 176 },
    { alone: 208, tile: 160, full: 176 },
  ],
  96: [
    { alone: 192, tile: 144, full: 160 },
    { alone: 192, tile: 128, full: 144 },
  ],
};

const up16 = (n: number): number => Math.ceil(n / 16) * 16;

/**
 * The number of keys of a tile, for as few and as equal tiles as possible. The last tile may be
 * smaller.
 */
export function keyTile(headSize: number, keys: number, mask: boolean): number {
  const { alone, tile: most, full } = longest[headSize]![mask ? 1 : 0];
  if (keys <= alone) return up16(keys);
  for (let tiles = Math.ceil(keys / full); ; tiles++)
    for (let tile = up16(Math.ceil(keys / tiles)); tile <= full; tile += 16) {
      const last = keys - (tiles - 1) * tile;
      if (last === tile || (last > 0 && tile <= most && up16(last) < tile)) return tile;
    }
}

/** Shared memory as WarpgroupAttention lays it out. */
function sharedBytes(headSize: number, consumers: number, tile: number, stages: number): number {
  const rest = { 64: 0, 72: 16, 96: 32 }[headSize]!;
  const queries = 64 * consumers;
  const pitch = headSize * 2 + ((headSize / 8) % 2 === 1 ? 0 : 16);
  return (
    2 * queries * (128 + 2 * rest) +
    stages * tile * (128 + 2 * rest + (headSize === 64 ? 128 : 192)) +
    queries * pitch +
    (4 + 4 * stages) * 8
  );
}

function fits(problem: AttentionProblem, operands: readonly CudaOperand[]): boolean {
  const { headSize, queries, queryStride, keyStride, valueStride, sharedQuery, probabilities } =
    problem;
  if (!longest[headSize] || queries < 16 || sharedQuery || probabilities) return false;
  const { q, k, v, out } = attentionOperands(problem, operands);
  const types = new Set([q.type, k.type, v.type, out.type]);
  return (
    types.size === 1 &&
    copiesByTensor(q, queryStride) &&
    copiesByTensor(k, keyStride) &&
    copiesByTensor(v, valueStride) &&
    out.offset % 8 === 0
  );
}

/** Emits the kernel of an attention. Undefined if the portable kernel has to compute it. */
export function emitHopperAttention(
  problem: AttentionProblem,
  { operands }: EmitContext,
): Emitted | undefined {
  if (!fits(problem, operands)) return undefined;
  const { heads, headSize, queries, keys, batch } = problem;
  const { q, k, v, mask, out } = attentionOperands(problem, operands);
  const places = attentionOperands(problem, [...operands.keys()]);
  // Few queries: several small blocks on a multiprocessor hide one another's waits.
  const consumers = queries <= 64 ? 1 : 2;
  const tile = keyTile(headSize, keys, problem.mask);
  const stages = consumers === 1 && keys <= 64 ? 1 : 2;
  const blocks = consumers === 1 && keys <= 64 ? 2 : 1;
  const threads = 128 * (consumers + 1);
  const bytes = sharedBytes(headSize, consumers, tile, stages);
  const wide = headSize > 64;
  const rest = headSize === 72 ? 16 : 32;
  const map = (
    operand: number,
    tokens: number,
    stride: number,
    channels: number,
    boxTokens: number,
  ): TensorMapSpec => ({
    operand,
    offset: 0,
    dtype: q.type as TensorMapSpec["dtype"],
    sizes: [headSize, heads, tokens, batch],
    strides: [headSize * 2, stride * 2, tokens * stride * 2],
    box: [channels, 1, boxTokens, 1],
    swizzle: channels === 64 ? "128" : channels === 32 ? "64" : "32",
  });
  const [queryMap, keyMap] = [
    (channels: number) => map(places.q, queries, problem.queryStride, channels, 64 * consumers),
    (channels: number) => map(places.k, keys, problem.keyStride, channels, tile),
  ];
  const maps = [
    queryMap(64),
    keyMap(64),
    map(places.v, keys, problem.valueStride, wide ? 32 : 64, tile),
    ...(wide ? [queryMap(rest), keyMap(rest)] : []),
  ];
  const names = [
    "map_query",
    "map_key",
    "map_value",
    ...(wide ? ["map_query_rest", "map_key_rest"] : []),
  ];
  return {
    text: {
      includes: ["hopper/attention.cuh"],
      threads,
      blocks,
      declarations: [
        "using Config = " +
          instance(
            "WarpgroupAttention",
            cppType(q.type),
            heads,
            headSize,
            queries,
            keys,
            consumers,
            tile,
            stages,
            problem.mask,
          ) +
          ";",
        `static_assert(Config::shared_bytes == ${bytes} && Config::threads == ${threads}, ` +
          `"the compiler launches another shape");`,
      ],
      parameters: [
        pointer(q, "q"),
        pointer(k, "k"),
        pointer(v, "v"),
        ...(mask ? [pointer(mask, "mask")] : []),
        pointer(out, "out"),
        count("batch"),
        ...names.map(tensorMap),
      ],
      statements: [
        "(void)q, (void)k, (void)v;",
        `attend_warpgroup<Config>({&map_query, ${wide ? "&map_query_rest" : "nullptr"}, ` +
          `&map_key, ${wide ? "&map_key_rest" : "nullptr"}, &map_value}, ` +
          `${mask ? "mask" : "nullptr"}, out, batch, ` +
          `${floatLiteral(problem.scale * Math.LOG2E)});`,
      ],
    },
    choice: `wgmma, ${64 * consumers} queries a block, ${tile} keys at a time`,
    kernel: {
      grid: [{ of: multiply(batch, heads * Math.ceil(queries / (64 * consumers))), per: 1 }],
      ...(consumers > 1 && { persistent: true }),
      threads,
      sharedBytes: bytes,
      tensorMaps: maps,
      programmatic: true,
    },
    extents: [batch],
  };
}
