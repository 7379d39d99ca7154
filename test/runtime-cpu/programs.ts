/**
 * Compiles the programs of a golden case for the CPU, with the checkpoint and inputs that its rules
 * make.
 */
import { lowerSpec, planProgram, type LoweredProgram } from "@sigil/compiler/internal";
import { syntheticTensor, syntheticWeights, type WeightSource } from "@sigil/runtime/internal";
import type { PlannedProgram, Storage } from "@sigil/spec";
import { emitCpu } from "../../compiler/dist/backends/cpu/index.js";
import { goldenCase, type GoldenCase } from "../support/golden-cases.ts";

export interface CompiledProgram {
  readonly planned: PlannedProgram;
  readonly lowered: LoweredProgram;
  readonly wasm: Uint8Array;
  readonly weights: WeightSource;
  readonly inputs: Readonly<Record<string, Float32Array | Int32Array>>;
  readonly symbols: Readonly<Record<string, number>>;
}

export async function compileCase(
  name: string,
  options: { sharedMemory?: boolean; relaxed?: boolean; storage?: Storage } = {},
): Promise<{ golden: GoldenCase; programs: CompiledProgram[] }> {
  const golden = await goldenCase(name);
  const spec = options.storage ? { ...golden.spec, storage: options.storage } : golden.spec;
  const programs: CompiledProgram[] = [];
  for (const { lowered } of lowerSpec(spec)) {
    const { wasm, kernels } = await emitCpu([...lowered.init, ...lowered.launches], {
      relaxed: options.relaxed ?? false,
      sharedMemory: options.sharedMemory ?? true,
    });
    const { planned } = planProgram(lowered, kernels);
    const all: Record<string, number> = { image_batch: golden.batch, text_batch: golden.textBatch };
    const symbols = Object.fromEntries(
      Object.keys(planned.symbols).map((symbol) => [symbol, all[symbol]!]),
    );
    const inputs = Object.fromEntries(
      planned.inputs.map((input) => {
        if (input.name === "pixel_values") return [input.name, golden.pixels.data];
        if (input.name === "input_ids")
          return [input.name, Int32Array.from(golden.inputIds.flat())];
        const shape = input.shape.map((extent) =>
          typeof extent === "number"
            ? extent
            : extent.symbols.reduce((product, symbol) => product * symbols[symbol]!, extent.factor),
        );
        if (input.default === "positions")
          return [
            input.name,
            Int32Array.from({ length: shape[0]! * shape[1]! }, (_, i) => i % shape[1]!),
          ];
        return [input.name, syntheticTensor(input.name, shape, 1)];
      }),
    );
    const weights = syntheticWeights(
      Object.entries(lowered.tensors).map(([tensor, shape]) => ({ name: tensor, shape })),
      golden.seed,
    );
    programs.push({ planned, lowered, wasm, weights, inputs, symbols });
  }
  return { golden, programs };
}
