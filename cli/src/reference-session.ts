/**
 * A session that computes in float64, as the kernel problems are defined. It is slow and exact, and
 * has the interface of a backend's session. Throws WeightsError, which lists every missing, extra
 * and misshapen tensor.
 */
import {
  evaluateLowered,
  lowerSpec,
  planKind,
  planProgram,
  tensorsOf,
} from "@sigil/compiler/internal";
import { bindCheckpoint, Session, type Tensor, type WeightSource } from "@sigil/runtime/internal";
import { entryOf, sealPlan, type ModelSpec } from "@sigil/spec";
import { storedWeights } from "./stored-weights.ts";

export async function referenceSession(spec: ModelSpec, weights: WeightSource): Promise<Session> {
  const stages = lowerSpec(spec);
  const programs = stages.map(({ lowered }) => {
    const kernels = [...lowered.init, ...lowered.launches].map(({ problem }) => ({
      name: problem.family,
      units: { of: 1, per: 1 },
      extents: [],
      scratchBytes: 0,
      layouts: [],
    }));
    return { lowered, planned: planProgram(lowered, kernels).planned };
  });
  const plan = sealPlan({
    version: 1,
    name: spec.name,
    kind: planKind(stages.map(({ graph }) => graph)),
    architecture: spec.architecture,
    storage: spec.storage,
    config: spec.config,
    ...(spec.weightPrefix !== undefined && { weightPrefix: spec.weightPrefix }),
    ...(spec.ignoreOtherWeights && { ignoreOtherWeights: true }),
    tensors: tensorsOf(programs.map(({ lowered }) => lowered)),
    programs: programs.map(({ planned }) => planned),
  });
  // Nothing of it is in a backend's layout.
  const source = await bindCheckpoint({ tensors: plan.tensors }, weights);
  return new Session(
    plan,
    async ({ name, outputs }) => {
      const program = programs.find(({ planned }) => planned.name === name);
      if (!program) throw new Error(`internal: no program is called ${name}`);
      const { lowered } = program;
      const loaded = new Map(await storedWeights(lowered, source));
      return {
        async run(inputs, symbols) {
          const results = evaluateLowered(
            lowered,
            inputs,
            (tensor) => entryOf(loaded, tensor, "tensor"),
            symbols,
          );
          return Object.fromEntries(
            outputs.map((output): [string, Tensor] => {
              const shape = output.shape.map((extent) =>
                typeof extent === "number"
                  ? extent
                  : extent.symbols.reduce((n, symbol) => n * symbols[symbol]!, extent.factor),
              );
              return [output.name, { data: Float32Array.from(results[output.name]!), shape }];
            }),
          );
        },
        dispose: () => loaded.clear(),
      };
    },
    { weights: source },
  );
}
