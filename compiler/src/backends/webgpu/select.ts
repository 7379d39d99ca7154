/**
 * Chooses how a problem is computed: a pure function of the problem, the largest sizes and the
 * tuning.
 */
import { gemmWorkgroupQuads, workgroupLimits } from "@sigil/spec";
import { UnsupportedError } from "../unsupported-error.ts";
import { valueOf } from "../../ir/extent.ts";
import type { AttentionProblem, GemmProblem, RowReduceProblem } from "../../kernels/problem.ts";
import type { GemmConfig, Tuning } from "./tuning.ts";

type Symbols = Readonly<Record<string, number>>;

/**
 * Chooses how to compute a Gemm whose B is a weight. `f16` of the result says whether B is read as
 * f16.
 */
export function selectGemm(
  problem: GemmProblem,
  symbols: Symbols,
  { gemm, features, measured }: Tuning,
): GemmConfig & { readonly f16: boolean } {
  const storage = problem.b.kind === "weight" ? problem.b.storage : undefined;
  const [rows, columns] = [valueOf(problem.rows, symbols), valueOf(problem.columns, symbols)];
  const able = (config: GemmConfig): boolean => !config.broadcast || features.includes("subgroups");
  const entry = measured?.gemm.find(
    (e) =>
      able(e.config) &&
      e.rows === rows &&
      e.columns === columns &&
      e.depth === problem.depth &&
      e.input === problem.a.kind &&
      e.storage === storage,
  );
  const config =
    entry?.config ?? gemm.find((c) => able(c) && 2 * rows > c.threads[1] * c.rows) ?? gemm.at(-1)!;
  if (gemmWorkgroupQuads(config) > workgroupLimits.quads)
    throw new Error("internal: a Gemm needs more workgroup memory than WebGPU guarantees");
  // bfloat16 has no type in WGSL. The tail of a depth that four does not divide is handled by the
  // skeleton that reads storage.
  return {
    ...config,
    f16: storage === "float16" && features.includes("shader-f16") && config.f16 !== false,
    ...(problem.depth % 4 !== 0 && { staged: 0 }),
  };
}

export type AttentionConfig =
  /**
   * A workgroup per query: its scores in workgroup memory, threads first over keys, then over
   * channels.
   */
  | { readonly kind: "row"; readonly threads: number; readonly subgroups: boolean }
  /**
   * A thread per query, `keys` keys and values at a time in workgroup memory (0: none), the softmax
   * running.
   */
  | { readonly kind: "flash"; readonly queries: number; readonly keys: number };

/** The properties by which a tuning table identifies an attention. */
export const attentionKey = (
  { queries, keys, headSize, heads, batch, mask, probabilities }: AttentionProblem,
  symbols: Symbols,
) => ({ queries, keys, headSize, heads: heads * valueOf(batch, symbols), mask, probabilities });

export function selectAttention(
  problem: AttentionProblem,
  symbols: Symbols,
  { attention, features, measured }: Tuning,
): AttentionConfig {
  const { queries, keys, headSize } = problem;
  const quads = Math.ceil(headSize / 4);
  const threads = 64;
  const key = Object.entries(attentionKey(problem, symbols));
  const said = (e: object): number => key.filter(([name]) => name in e).length;
  const fitting = (measured?.attention ?? []).filter((e) =>
    key.every(([name, value]) => (e[name as keyof typeof e] ?? value) === value),
  );
  const entry = fitting.reduce<(typeof fitting)[number] | undefined>(
    (best, e) => (best && said(best) >= said(e) ? best : e),
    undefined,
  )?.config;
  if (entry?.kind === "row")
    return {
      kind: "row",
      threads: entry.threads,
      subgroups: features.includes("subgroups") && entry.subgroups !== false,
    };
  if (entry) return { kind: "flash", queries: entry.threads, keys: entry.keys ?? 0 };
  if (attention.keys === 0)
    return {
      kind: "flash",
      queries: Math.min(attention.queries, Math.ceil(queries / 8) * 8),
      keys: 0,
    };
  if (
    queries <= 4 &&
    quads <= threads &&
    Math.ceil(keys / 4) + 2 * threads <= workgroupLimits.quads
  )
    return { kind: "row", threads, subgroups: features.includes("subgroups") };
  const possible = Math.floor(workgroupLimits.quads / (2 * quads + 1));
  const most = Math.min(attention.keys, possible - (possible % 4));
  if (most < 4)
    throw new UnsupportedError(
      `webgpu: an attention head of ${headSize} channels needs more workgroup memory than ` +
        "WebGPU guarantees; use more heads, or compile for cpu or cuda",
    );
  return {
    kind: "flash",
    queries: Math.min(attention.queries, Math.ceil(queries / 8) * 8),
    keys: most,
  };
}

export interface ReduceConfig {
  /** Threads that share a row. */
  readonly lanes: number;
  /** The lanes are a workgroup, and its subgroups reduce. */
  readonly subgroups: boolean;
}

export function selectReduce(
  { kind, rows, width }: RowReduceProblem,
  symbols: Symbols,
  { rowLanes, features, measured }: Tuning,
): ReduceConfig {
  const entry = measured?.rowReduce.find(
    (e) => e.kind === kind && e.rows === valueOf(rows, symbols) && e.width === width,
  )?.config;
  const lanes = entry?.lanes ?? rowLanes;
  return {
    lanes,
    subgroups: lanes > 1 && features.includes("subgroups") && entry?.subgroups !== false,
  };
}
