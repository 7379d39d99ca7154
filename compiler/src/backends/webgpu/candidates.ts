/**
 * Lists ways to compute a problem that are worth measuring, the likeliest first. Each is a tuning
 * table with one entry, which `select` takes.
 */
import {
  attentionWorkgroupQuads,
  gemmWorkgroupQuads,
  isQuantized,
  workgroupLimits,
  type TunedAttentionConfig,
  type TunedGemmConfig,
  type TunedReduceConfig,
} from "@sigil/spec";
import { valueOf } from "../../ir/extent.ts";
import type {
  AttentionProblem,
  GemmProblem,
  Problem,
  RowReduceProblem,
} from "../../kernels/problem.ts";
import { attentionKey, selectAttention, selectGemm, selectReduce } from "./select.ts";
import type { Tuning } from "./tuning.ts";

type Symbols = Readonly<Record<string, number>>;
export type Measured = NonNullable<Tuning["measured"]>;

const none: Measured = { gemm: [], attention: [], rowReduce: [] };

/**
 * The configuration that `tuning` chooses for a problem, as text. Undefined if there is only one
 * way to compute it.
 */
export function choiceOf(problem: Problem, symbols: Symbols, tuning: Tuning): string | undefined {
  if (problem.family === "gemm" && problem.b.kind === "weight")
    return JSON.stringify(Object.entries(selectGemm(problem, symbols, tuning)).sort());
  if (problem.family === "attention")
    return JSON.stringify(selectAttention(problem, symbols, tuning));
  if (problem.family === "row_reduce" && problem.kind !== "mean")
    return JSON.stringify(selectReduce(problem, symbols, tuning));
  return undefined;
}

/** Tables of one entry each. All choose differently from each other and from `tuning`. */
export function candidates(
  problem: Problem,
  symbols: Symbols,
  tuning: Tuning,
): readonly Measured[] {
  const own = choiceOf(problem, symbols, tuning);
  if (own === undefined) return [];
  const all =
    problem.family === "gemm"
      ? gemms(problem, symbols, tuning)
      : problem.family === "attention"
        ? attentions(problem, symbols, tuning)
        : problem.family === "row_reduce"
          ? reductions(problem, symbols)
          : [];
  const seen = new Set([own]);
  return all.filter((measured) => {
    const choice = choiceOf(problem, symbols, { ...tuning, measured });
    return choice !== undefined && !seen.has(choice) && seen.add(choice);
  });
}

function gemms(problem: GemmProblem, symbols: Symbols, tuning: Tuning): Measured[] {
  const [rows, columns] = [valueOf(problem.rows, symbols), valueOf(problem.columns, symbols)];
  const storage = problem.b.kind === "weight" ? problem.b.storage : "float32";
  // Tables tell Gemms apart by the float type of B; those with quantised weights are computed
  // alike.
  if (isQuantized(storage)) return [];
  const shapes = (
    threads: readonly (readonly [number, number])[],
    perThread: readonly (readonly [quads: number, rows: number])[],
    more: { readonly staged: number; readonly broadcast?: boolean },
  ): TunedGemmConfig[] =>
    threads.flatMap((t) =>
      perThread.map(([quads, own]) => ({ threads: t, quads, rows: own, ...more })),
    );
  const broadcast = shapes(
    [
      [8, 1],
      [16, 1],
      [32, 1],
    ],
    [
      [1, 16],
      [1, 8],
      [2, 8],
      [2, 16],
    ],
    { staged: 0, broadcast: true },
  );
  const direct = shapes(
    [
      [8, 1],
      [16, 1],
      [32, 1],
      [64, 1],
    ],
    [
      [1, 6],
      [1, 4],
      [2, 4],
      [1, 1],
    ],
    { staged: 0 },
  );
  const staged = [4, 8].flatMap((depth) =>
    shapes(
      [
        [8, 8],
        [16, 8],
        [16, 16],
      ],
      [
        [2, 8],
        [2, 4],
        [1, 4],
        [1, 8],
        [1, 2],
      ],
      { staged: depth },
    ),
  );
  const { f16: read, ...own } = selectGemm(problem, symbols, tuning);
  // Without workgroup memory worth the name, what reads storage comes first.
  const ordered = [
    ...(read ? [{ ...own, f16: false }] : []),
    ...(tuning.rowLanes === 1
      ? [...broadcast, ...direct, ...staged]
      : [...staged, ...broadcast, ...direct]),
  ];
  return ordered
    .filter(
      ({ threads, rows: perThread, quads }) =>
        threads[1] * perThread < 2 * rows + 1 && 4 * threads[0] * quads < 2 * columns + 4,
    )
    .filter((config) => gemmWorkgroupQuads(config) <= workgroupLimits.quads)
    .map((config) => ({
      ...none,
      gemm: [{ rows, columns, depth: problem.depth, input: problem.a.kind, storage, config }],
    }));
}

function attentions(problem: AttentionProblem, symbols: Symbols, tuning: Tuning): Measured[] {
  const { queries, keys, headSize } = problem;
  const tiles = tuning.attention.keys === 0 ? [0, 8] : [16, 8, 32, 0];
  const flash = [8, 16, 32, 64, 128].flatMap((threads) =>
    tiles.map((tile): TunedAttentionConfig => ({ kind: "flash", threads, keys: tile })),
  );
  const row = [64, 32, 128].flatMap((threads) =>
    [true, false].map((subgroups): TunedAttentionConfig => ({ kind: "row", threads, subgroups })),
  );
  return [
    ...(queries <= 4 ? row.filter(({ threads }) => threads >= Math.ceil(headSize / 4)) : []),
    ...flash.filter(({ threads }) => threads < 2 * queries + 8),
  ]
    .filter((config) => attentionWorkgroupQuads(keys, headSize, config) <= workgroupLimits.quads)
    .map((config) => ({ ...none, attention: [{ ...attentionKey(problem, symbols), config }] }));
}

function reductions({ kind, rows, width }: RowReduceProblem, symbols: Symbols): Measured[] {
  if (kind === "mean") return [];
  const configs = ([64, 32, 16, 8, 128, 1] as const).flatMap((lanes) =>
    [true, false].map((subgroups): TunedReduceConfig => ({ lanes, subgroups })),
  );
  return configs
    .filter(({ lanes }) => lanes <= width)
    .map((config) => ({
      ...none,
      rowReduce: [{ kind, rows: valueOf(rows, symbols), width, config }],
    }));
}
