/** Attention: on tensor cores, in float32, or a block per query where there are few. */
import { multiply } from "../../ir/extent.ts";
import { attentionOperands } from "../../kernels/operands.ts";
import type { AttentionProblem } from "../../kernels/problem.ts";
import type { EmitContext, Emitted } from "./emitted.ts";
import { cppType, isHalf, type CudaOperand } from "./operands.ts";
import { selectAttention, type AttentionChoice } from "./select.ts";
import { count, floatLiteral, instance, pointer } from "./source.ts";

interface Skeleton {
  readonly include: string;
  readonly config: string;
  readonly call: string;
  readonly threads: number;
  readonly blocks: number;
  readonly sharedBytes: number;
  readonly sharedConstant: string;
  /** Blocks for a head. */
  readonly tiles: number;
  readonly choice: string;
}

function skeletonOf(
  choice: AttentionChoice,
  { headSize, queries, keys }: AttentionProblem,
  q: CudaOperand,
): Skeleton {
  switch (choice.kind) {
    case "few": {
      const { lanes, turns, run, threads } = choice;
      const warps = threads / 32;
      return {
        include: "attention/few.cuh",
        config: instance("FewConfig", lanes, turns, run, threads),
        call: "attend_few<Config, Shape>",
        threads,
        blocks: 4,
        sharedBytes: 4 * (Math.ceil(keys / 4) * 4 + warps * lanes * turns * run + warps),
        sharedConstant: "Config::shared_bytes<Shape>",
        tiles: queries,
        choice: `a block per query, ${lanes} threads a key`,
      };
    }
    case "mma": {
      const { warps, tilesDown, tileKeys, run, blocks } = choice;
      const pitch = 2 * Math.ceil(headSize / 16) + 1;
      const tileQueries = warps * 16 * tilesDown;
      return {
        include: "attention/flash_mma.cuh",
        config: instance(
          "FlashMmaConfig",
          cppType(q.type),
          "Shape",
          warps,
          tilesDown,
          tileKeys,
          run,
        ),
        call: "attend_mma<Config>",
        threads: 32 * warps,
        blocks,
        sharedBytes: (2 * tileKeys + Math.max(tileQueries, 2 * tileKeys)) * pitch * 16,
        sharedConstant: "Config::shared_bytes",
        tiles: Math.ceil(queries / tileQueries),
        choice: `mma.sync, ${tileQueries} queries a block, ${tileKeys} keys at a time`,
      };
    }
    case "fma": {
      const pitch = Math.ceil(headSize / 4) | 1;
      const tileQueries = 8 * choice.ownQueries;
      return {
        include: "attention/flash_fma.cuh",
        config: instance("FlashFmaConfig", "Shape", choice.ownQueries, ...choice.runs),
        call: "attend_fma<Config>",
        threads: 128,
        blocks: 2,
        sharedBytes: ((tileQueries + 64) * pitch + tileQueries * 9) * 16,
        sharedConstant: "Config::shared_bytes",
        tiles: Math.ceil(queries / tileQueries),
        choice: `float32 multiply-adds, ${tileQueries} queries a block, 32 keys at a time`,
      };
    }
  }
}

export function emitAttention(problem: AttentionProblem, { operands }: EmitContext): Emitted {
  const { heads, headSize, queries, keys } = problem;
  const { q, k, v, mask, out, probabilities } = attentionOperands(problem, operands);
  const skeleton = skeletonOf(selectAttention(problem, operands), problem, q);
  if (probabilities && isHalf(probabilities.type))
    throw new Error("internal: probabilities are float32");
  const shape = instance(
    "AttentionShape",
    heads,
    headSize,
    queries,
    keys,
    problem.queryStride,
    problem.keyStride,
    problem.valueStride,
    problem.sharedQuery,
    problem.mask,
    problem.probabilities,
  );
  const absent = "static_cast<float*>(nullptr)";
  return {
    text: {
      includes: [skeleton.include],
      threads: skeleton.threads,
      blocks: skeleton.blocks,
      declarations: [
        `using Shape = ${shape};`,
        `using Config = ${skeleton.config};`,
        `static_assert(${skeleton.sharedConstant} == ${skeleton.sharedBytes} && ` +
          `Config::threads == ${skeleton.threads}, "the compiler launches another shape");`,
      ],
      parameters: [
        pointer(q, "q"),
        pointer(k, "k"),
        pointer(v, "v"),
        ...(mask ? [pointer(mask, "mask")] : []),
        pointer(out, "out"),
        ...(probabilities ? [pointer(probabilities, "probabilities")] : []),
        count("batch"),
      ],
      statements: [
        "(void)batch;",
        `${skeleton.call}(q, k, v, ${mask ? "mask" : absent}, out, ` +
          `${probabilities ? "probabilities" : absent}, ${floatLiteral(problem.scale)});`,
      ],
    },
    choice: skeleton.choice,
    kernel: {
      grid: [{ of: multiply(problem.batch, heads * skeleton.tiles), per: 1 }],
      threads: skeleton.threads,
      sharedBytes: skeleton.sharedBytes,
      tensorMaps: [],
    },
    extents: [problem.batch],
  };
}
