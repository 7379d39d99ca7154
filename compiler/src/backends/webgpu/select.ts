/** Chooses how a problem is computed: a pure function of the problem, the largest sizes and the tuning. */
import { valueOf } from "../../ir/extent.ts";
import type { AttentionProblem, GemmProblem } from "../../kernels/problem.ts";
import type { GemmConfig, Tuning } from "./tuning.ts";

type Symbols = Readonly<Record<string, number>>;

export function selectGemm(problem: GemmProblem, symbols: Symbols, tuning: Tuning): GemmConfig {
  const rows = valueOf(problem.rows, symbols);
  const config = tuning.gemm.find((c) => 2 * rows > c.threads[1] * c.rows) ?? tuning.gemm.at(-1)!;
  // The tail of a depth that four does not divide is handled by the skeleton that reads storage.
  return problem.depth % 4 === 0 ? config : { ...config, staged: 0 };
}

/** Workgroup memory of WebGPU's default limits, in vectors. */
const workgroupQuads = 16384 / 16;

export type AttentionConfig =
  /** A workgroup per query: its scores in workgroup memory, threads first over keys, then over channels. */
  | { readonly kind: "row"; readonly threads: number }
  /** A thread per query, `keys` keys and values at a time in workgroup memory (0: none), the softmax running. */
  | { readonly kind: "flash"; readonly queries: number; readonly keys: number };

export function selectAttention({ queries, keys, headSize }: AttentionProblem, { attention }: Tuning): AttentionConfig {
  const quads = Math.ceil(headSize / 4);
  const threads = 64;
  if (attention.keys === 0) return { kind: "flash", queries: Math.min(attention.queries, Math.ceil(queries / 8) * 8), keys: 0 };
  if (queries <= 4 && quads <= threads && Math.ceil(keys / 4) + 2 * threads <= workgroupQuads) return { kind: "row", threads };
  const fitting = Math.floor(workgroupQuads / (2 * quads + 1));
  const most = Math.min(attention.keys, fitting - (fitting % 4));
  if (most < 4) throw new Error(`internal: a head of ${headSize} channels needs more workgroup memory than WebGPU guarantees`);
  return { kind: "flash", queries: Math.min(attention.queries, Math.ceil(queries / 8) * 8), keys: most };
}
