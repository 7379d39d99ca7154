/** What a tuning table changes, and which candidates are measured for one. */
import {
  accumulator,
  candidates,
  choiceOf,
  compile,
  kernelSets,
  selectAttention,
  selectGemm,
  selectReduce,
  tuningOf,
  type AttentionProblem,
  type GemmProblem,
  type KernelFeature,
  type Problem,
  type RowReduceProblem,
} from "@sigil/compiler/internal";
import {
  attentionWorkgroupQuads,
  gemmWorkgroupQuads,
  loadSpec,
  specPath,
  workgroupLimits,
  type TunedClass,
  type TuningTable,
} from "@sigil/spec";
import { describe, expect, it } from "vitest";

const gemm: GemmProblem = {
  family: "gemm",
  rows: { factor: 196, symbols: ["image_batch"] },
  columns: 768,
  depth: 768,
  b: { kind: "weight", storage: "float16" },
  a: { kind: "rows", stride: 768 },
  epilogue: accumulator,
  epilogueOperands: [],
};
const attention: AttentionProblem = {
  family: "attention",
  batch: 1,
  heads: 16,
  headSize: 72,
  queries: 729,
  keys: 729,
  queryStride: 3456,
  keyStride: 3456,
  valueStride: 3456,
  sharedQuery: false,
  scale: 1,
  mask: false,
  probabilities: false,
};
const probe: AttentionProblem = { ...attention, queries: 1, sharedQuery: true };
const norm: RowReduceProblem = {
  family: "row_reduce",
  kind: "layer_norm",
  rows: 196,
  width: 768,
  epsilon: 1e-6,
};
const symbols = { image_batch: 1 };
const entry = { rows: 196, columns: 768, depth: 768, input: "rows", storage: "float16" } as const;
const broadcast = { threads: [8, 1], quads: 1, rows: 16, staged: 0, broadcast: true } as const;
const table: TuningTable = {
  version: 1,
  classes: {
    desktop: {
      adapter: "a card",
      gemm: [{ ...entry, config: broadcast }],
      attention: [
        {
          queries: 1,
          keys: 729,
          headSize: 72,
          config: { kind: "row", threads: 128, subgroups: false },
        },
      ],
      rowReduce: [{ kind: "layer_norm", rows: 196, width: 768, config: { lanes: 16 } }],
    },
  },
};
const both: readonly KernelFeature[] = ["shader-f16", "subgroups"];

describe("a tuning table", () => {
  it("decides for the problems that it names, and for no others", () => {
    const tuned = tuningOf("desktop", both, table);
    expect(selectGemm(gemm, symbols, tuned)).toEqual({ ...broadcast, f16: true });
    expect(selectAttention(probe, symbols, tuned)).toEqual({
      kind: "row",
      threads: 128,
      subgroups: false,
    });
    expect(selectReduce(norm, symbols, tuned)).toEqual({ lanes: 16, subgroups: true });
    for (const [problem, sizes] of [
      [gemm, { image_batch: 2 }],
      [{ ...gemm, b: { kind: "weight", storage: "float32" } }, symbols],
      [attention, symbols],
      [{ ...norm, width: 1152 }, symbols],
    ] as [Problem, typeof symbols][])
      expect(choiceOf(problem, sizes, tuned)).toBe(
        choiceOf(problem, sizes, tuningOf("desktop", both)),
      );
    for (const problem of [gemm, probe, norm])
      expect(choiceOf(problem, symbols, tuningOf("mobile", both, table))).toBe(
        choiceOf(problem, symbols, tuningOf("mobile", both)),
      );
  });

  it(
    "tells attentions apart by heads of the batch, mask and probabilities, and takes the entry " +
      "that says most",
    () => {
      const any = { queries: 729, keys: 729, headSize: 72 };
      const flash = (threads: number) => ({ kind: "flash", threads, keys: 8 }) as const;
      const choose = (
        entries: TunedClass["attention"],
        problem: AttentionProblem,
        sizes = symbols,
      ) =>
        (
          selectAttention(
            problem,
            sizes,
            tuningOf("desktop", both, {
              version: 1,
              classes: { desktop: { adapter: "", gemm: [], attention: entries, rowReduce: [] } },
            }),
          ) as { queries: number }
        ).queries;
      const own = choose([], attention);
      const batched: AttentionProblem = {
        ...attention,
        batch: { factor: 1, symbols: ["image_batch"] },
      };
      // Tables from before these keys mean any attention of the sizes.
      const entries = [
        { ...any, config: flash(8) },
        { ...any, heads: 32, config: flash(16) },
        { ...any, heads: 32, mask: true, probabilities: false, config: flash(32) },
      ];
      expect(choose(entries, attention)).toBe(8);
      expect(choose(entries, batched, { image_batch: 2 })).toBe(16);
      expect(choose(entries, { ...batched, mask: true }, { image_batch: 2 })).toBe(32);
      expect(
        choose(entries, { ...batched, mask: true, probabilities: true }, { image_batch: 2 }),
      ).toBe(16);
      expect(choose([...entries].reverse(), { ...batched, mask: true }, { image_batch: 2 })).toBe(
        32,
      );
      for (const other of [{ heads: 15 }, { mask: true }, { probabilities: true }])
        expect(choose([{ ...any, ...other, config: flash(8) }], attention)).toBe(own);
      expect([
        own,
        candidates(batched, { image_batch: 3 }, tuningOf("desktop", both))[0]!.attention[0],
      ]).toMatchObject([64, { ...any, heads: 48, mask: false, probabilities: false }]);
    },
  );

  it("asks for no feature that a device lacks", () => {
    const bare = tuningOf("desktop", [], table);
    expect(selectGemm(gemm, symbols, bare)).toEqual(
      selectGemm(gemm, symbols, tuningOf("desktop", [])),
    );
    expect(selectGemm(gemm, symbols, bare).f16).toBe(false);
    expect(selectReduce(norm, symbols, bare)).toEqual({ lanes: 16, subgroups: false });
    for (const [name, { features }] of Object.entries(kernelSets()))
      expect([name.includes("f16"), name.includes("subgroups")]).toEqual(
        both.map((feature) => features.includes(feature)),
      );
  });

  it("changes shaders of its class alone, and not the plan", async () => {
    const spec = { ...loadSpec(specPath("siglip-shapes")), targets: ["webgpu"] as const };
    const tuning: TuningTable = {
      version: 1,
      classes: {
        mobile: {
          adapter: "a phone",
          gemm: [],
          attention: [],
          rowReduce: [
            { kind: "layer_norm", rows: 64 * spec.batch.image, width: 128, config: { lanes: 8 } },
          ],
        },
      },
    };
    const [before, after] = [await compile(spec), await compile({ ...spec, tuning })];
    expect(after.webgpu!.plan).toEqual(before.webgpu!.plan);
    const changed = Object.entries(after.webgpu!.kernels)
      .filter(
        ([name, kernels]) =>
          JSON.stringify(kernels) !== JSON.stringify(before.webgpu!.kernels[name as "mobile"]),
      )
      .map(([name]) => name);
    expect(changed.sort()).toEqual(["mobile", "mobile-subgroups"]);
  });
});

describe("candidates", () => {
  it.each([
    ["software", both],
    ["desktop", both],
    ["mobile", []],
  ] as const)(
    "for %s differ from each other and from Sigil's choice, and fit any device",
    (kind, features) => {
      const tuning = tuningOf(kind, features);
      for (const problem of [gemm, attention, probe, norm]) {
        const found = candidates(problem, symbols, tuning);
        const choices = found.map((measured) =>
          choiceOf(problem, symbols, { ...tuning, measured }),
        );
        expect(new Set([choiceOf(problem, symbols, tuning), ...choices]).size).toBe(
          found.length + 1,
        );
        expect(found.length).toBeGreaterThan(3);
        for (const { gemm: gemms, attention: attentions } of found) {
          for (const { config } of gemms)
            expect([
              gemmWorkgroupQuads(config) <= workgroupLimits.quads,
              config.threads[0] * config.threads[1] <= workgroupLimits.threads,
            ]).toEqual([true, true]);
          for (const { keys, headSize, config } of attentions)
            expect(attentionWorkgroupQuads(keys, headSize, config)).toBeLessThanOrEqual(
              workgroupLimits.quads,
            );
        }
      }
      expect(
        candidates(
          {
            family: "map",
            rows: 1,
            width: 4,
            expression: { kind: "constant", value: 1 },
            operands: [],
          },
          symbols,
          tuning,
        ),
      ).toEqual([]);
    },
  );
});
