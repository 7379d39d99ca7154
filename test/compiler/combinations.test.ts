/**
 * Every combination of what a spec may ask for, of every architecture, compiles or is refused with
 * a reason. All are lowered, and what the kernel problems mean is compared with the graph that the
 * document describes; each distinct problem is emitted for every target.
 */
import {
  ArchitectureError,
  buildGraphs,
  compile,
  dense,
  emitCpu,
  emitCuda,
  emitWebGpu,
  evaluateGraph,
  evaluateLowered,
  kernelSets,
  lowerSpec,
  type Graph,
  type LoweredLaunch,
} from "@sigil/compiler/internal";
import { syntheticTensor, uniform } from "@sigil/runtime/internal";
import {
  DiagnosticError,
  listArchitectures,
  loadArchitecture,
  parseSpec,
  type ModelSpec,
} from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { scaledError } from "../support/golden-cases.ts";

const tower = {
  hidden_size: 8,
  num_attention_heads: 2,
  intermediate_size: 12,
  num_hidden_layers: 2,
};
const config = (head: boolean) => ({
  id2label: { 0: "a", 1: "b", 2: "c" },
  text_config: { ...tower, vocab_size: 9, max_position_embeddings: 4 },
  vision_config: {
    ...tower,
    image_size: 8,
    num_patches: 4,
    patch_size: 4,
    num_channels: 2,
    vision_use_head: head,
  },
});
const fixed = [
  {},
  { interpolate_pos_encoding: true, image_size: { height: 12, width: 8 } },
  { interpolate_pos_encoding: "run-time", image_size: { height: 8, width: 12 } },
];
const flexible = [{}, { max_num_patches: 5 }, { max_num_patches: 6 }];
const outputsOf = (name: string): string[] => {
  const { parts } = loadArchitecture(name);
  return [...new Set(parts.flatMap(({ graph }) => Object.keys(graph.outputs)))];
};

function* combinations(architecture: string): Generator<Record<string, unknown>> {
  const outputs = outputsOf(architecture);
  for (const head of [true, false])
    for (const wanted of [undefined, ...outputs.map((name) => [name]), outputs.slice(0, 2)])
      for (const hidden_states of [false, true, [2]])
        for (const attentions of [false, true, [1]])
          for (const size of architecture.startsWith("siglip2") ? flexible : fixed)
            for (const pixels of ["float32", "uint8"])
              yield {
                name: "m",
                architecture,
                config: config(head),
                ...(wanted && { outputs: wanted }),
                hidden_states,
                attentions,
                ...size,
                pixels,
              };
}

/** Arbitrary values for every input: ids that any table has, small numbers, bytes. */
const inputsOf = (graph: Graph): Record<string, { shape: number[]; data: Float64Array }> =>
  Object.fromEntries(
    graph.inputs.map(({ name, value }) => {
      const shape = value.shape.map((axis) => (typeof axis === "number" ? axis : 2 * axis.factor));
      const count = shape.reduce((a, b) => a * b, 1);
      const scale = { int32: 4, uint8: 256 }[value.dtype as string];
      return [
        name,
        {
          shape,
          data: Float64Array.from(uniform(name, count, 7), (x) =>
            scale === undefined ? x : Math.floor(Math.abs(x) * scale) % scale,
          ),
        },
      ];
    }),
  );
const weights = (tensor: string, shape: readonly number[]) => syntheticTensor(tensor, shape, 5);
const symbols = { image_batch: 2, text_batch: 2 };

/** Why a spec is refused; undefined where it is not. Any other error is a fault. */
function attempt<T>(task: () => T): T | { readonly refusal: string } {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof DiagnosticError || error instanceof ArchitectureError)) throw error;
    return { refusal: error.message };
  }
}

const refusals = [
  /has no pixel_values that could be uint8/,
  /pictures of any size cannot be given as bytes/,
  /takes patches, not bytes/,
  /switched off by this config/,
];

/**
 * transformers' models: what joins towers reads no spec of its own, other software's have goldens.
 */
const models = listArchitectures().filter(
  (name) => name.startsWith("siglip") && name !== "siglip-scores",
);

for (const architecture of models)
  describe(architecture, () => {
    const problems = new Map<string, LoweredLaunch & { symbols: Graph["symbols"] }>();
    const accepted: ModelSpec[] = [];
    it("computes what its document describes, or is refused with a reason", () => {
      const compared = new Set<string>();
      let refused = 0;
      for (const combination of combinations(architecture)) {
        const label = JSON.stringify({ ...combination, config: undefined });
        const made = attempt(() => {
          const spec = parseSpec(JSON.stringify(combination), { file: "m.json" });
          return { spec, whole: buildGraphs(spec), programs: lowerSpec(spec) };
        });
        if ("refusal" in made) {
          refused++;
          expect(
            refusals.some((reason) => reason.test(made.refusal)),
            made.refusal,
          ).toBe(true);
          continue;
        }
        expect(made.programs.length, label).toBeGreaterThan(0);
        accepted.push(made.spec);
        made.programs.forEach(({ lowered }, i) => {
          for (const launch of [...lowered.init, ...lowered.launches])
            problems.set(JSON.stringify(launch.problem), { ...launch, symbols: lowered.symbols });
          const whole = made.whole[i]!;
          const seen = JSON.stringify(whole);
          if (compared.has(seen)) return;
          compared.add(seen);
          const inputs = inputsOf(whole);
          const expected = evaluateGraph(
            whole,
            Object.fromEntries(
              Object.entries(inputs).map(([name, { shape, data }]) => [name, dense(shape, data)]),
            ),
            weights,
          );
          const actual = evaluateLowered(
            lowered,
            Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data])),
            weights,
            symbols,
          );
          expect(Object.keys(actual), label).toEqual(Object.keys(expected));
          // Float64 against float64, the same sums in another order; bytes to 255 scale them up.
          for (const [name, { data }] of Object.entries(expected))
            expect(scaledError(actual[name]!, data), `${name} of ${label}`).toBeLessThan(1e-10);
        });
      }
      expect(accepted.length).toBeGreaterThan(refused === 0 ? 0 : 50);
    }, 120_000);

    it("has a kernel for every problem and target", async () => {
      const launches = [...problems.values()];
      expect(launches.length).toBeGreaterThan(5);
      await emitCpu(launches, { relaxed: false, sharedMemory: true });
      for (const storage of ["float32", "float16", "bfloat16"] as const) {
        const stored = launches.map((launch) =>
          launch.problem.family === "gemm" && launch.problem.b.kind === "weight"
            ? { ...launch, problem: { ...launch.problem, b: { ...launch.problem.b, storage } } }
            : launch,
        );
        const sets = kernelSets(undefined);
        emitWebGpu(stored, Object.keys(sets) as (keyof typeof sets)[], sets);
      }
      expect(emitCuda(launches).kernels).toBeDefined();
    }, 60_000);

    it("compiles whole for every target and storage, by a sample", async () => {
      const storages = ["float32", "float16", "bfloat16"] as const;
      for (let i = 0; i < accepted.length; i += Math.ceil(accepted.length / 6)) {
        const { plan, cuda, webgpu } = await compile({
          ...accepted[i]!,
          storage: storages[i % 3]!,
          targets: ["cpu", "webgpu", "cuda"],
        });
        for (const one of [plan, cuda!.plan, webgpu!.plan])
          expect(one.programs.length).toBeGreaterThan(0);
      }
    }, 60_000);
  });

it("what a pooled text tower's maps are, beside its pooled output", async () => {
  const spec = parseSpec(
    `{"name":"m","architecture":"siglip-text","config":{},
      "outputs":["pooler_output"],"attentions":true}`,
    { file: "m.json" },
  );
  const { programs } = await compile(spec);
  expect(programs[0]!.graph.outputs).toHaveLength(13);
});
