/**
 * Models of published sizes, quantised while they are loaded, against the same kernels in float32
 * with the weights that their codes stand for.
 */
import { compile } from "@sigil/compiler";
import {
  dequantize,
  quantize,
  syntheticWeights,
  uniform,
  type Session,
  type WeightSource,
} from "@sigil/runtime/internal";
import { openCpuSession } from "@sigil/runtime-cpu";
import { openNativeSession } from "@sigil/runtime-native";
import { openWebGpuSession } from "@sigil/runtime-webgpu";
import {
  isQuantized,
  loadSpec,
  specPath,
  storageOf,
  type ModelSpec,
  type Plan,
  type StorageRule,
} from "@sigil/spec";
import { expect, it } from "vitest";
import { needsGxx } from "../support/gxx.ts";
import { instructionSets } from "../support/native.ts";
import { requires } from "../support/require.ts";
import { gpu, needsWebGpu } from "../support/webgpu.ts";

const slow = requires("slow");
const weightsOf = ({ tensors }: Plan): WeightSource =>
  syntheticWeights(
    Object.entries(tensors).map(([name, shape]) => ({ name, shape })),
    3,
  );

/** The weights that codes stand for, as floats. */
function dequantized(plan: Plan, spec: ModelSpec): WeightSource {
  const source = weightsOf(plan);
  return {
    ...source,
    async readFloat32(name, options) {
      const values = await source.readFloat32(name, options);
      const shape = plan.tensors[name]!;
      const columns = shape.slice(1).reduce((a, b) => a * b, 1);
      const storage = storageOf(spec, name, columns);
      // What is not a linear's is never quantised: vectors, and tables of positions and tokens.
      const linear = /(in_proj_|(proj|fc1|fc2|head|patch_embedding)\.)weight$/.test(name);
      return linear && isQuantized(storage)
        ? dequantize(quantize(values, columns, storage, name), storage)
        : values;
    },
  };
}

/** A tower's pooled output of one input. */
async function outputOf(session: Session, tower: "vision" | "text"): Promise<Float32Array> {
  const program = session.plan.programs.find(({ name }) => name.includes(tower))!;
  const symbols = Object.fromEntries(Object.keys(program.symbols).map((symbol) => [symbol, 1]));
  const inputs = Object.fromEntries(
    program.inputs.map(({ name, shape, dtype }) => {
      const [, ...sizes] = shape.map(Number) as [number, ...number[]];
      const values = uniform(
        name,
        sizes.reduce((a, b) => a * b, 1),
      );
      return [
        name,
        {
          data:
            dtype === "int32"
              ? Int32Array.from(values, (u, i) =>
                  name === "position_ids" ? i : Math.floor(500 * (u + 1)),
                )
              : values,
          shape: [1, ...sizes],
        },
      ];
    }),
  );
  const outputs = await session.run(program, inputs as never, symbols);
  return Object.entries(outputs).find(([name]) => name.includes("pooler"))![1].data as Float32Array;
}

const int4: readonly StorageRule[] = [
  { pattern: "*.head.*", storage: { bits: 8 } },
  { pattern: "*patch_embedding.weight", storage: { bits: 8 } },
  { pattern: "*", storage: { bits: 4, group: 32 } },
];
const nf4: readonly StorageRule[] = [
  { pattern: "*", storage: { bits: 4, block: 64, book: "nf4" } },
];

/**
 * How far a quantised tower is from floats, as a part of its largest output. `layers`: fewer of
 * them, in the model's sizes.
 */
async function errorOf(
  name: string,
  tower: "vision" | "text",
  quantize: readonly StorageRule[],
  backend: "cpu" | "native" | "webgpu",
  layers?: number,
): Promise<number> {
  const loaded = loadSpec(specPath(name));
  const { text_config: text, vision_config: vision } = loaded.config;
  const spec: ModelSpec = {
    ...loaded,
    architecture: `siglip-${tower}`,
    outputs: ["pooler_output"],
    batch: { image: 1, text: 1 },
    targets: [backend === "webgpu" ? backend : "cpu"],
    config: {
      ...loaded.config,
      ...(text && { text_config: { ...text, ...(layers && { num_hidden_layers: layers }) } }),
      ...(vision && { vision_config: { ...vision, ...(layers && { num_hidden_layers: layers }) } }),
    },
  };
  const outputs: Float32Array[] = [];
  for (const rules of [quantize, undefined]) {
    const { plan, cpu, webgpu } = await compile({ ...spec, ...(rules && { quantize: rules }) });
    const weights = rules ? weightsOf(plan) : dequantized(plan, { ...spec, quantize });
    const open = {
      cpu: () => openCpuSession({ plan, wasm: cpu }, weights, { lazy: true }),
      native: () => openNativeSession({ plan, kernels: cpu.native! }, weights, { lazy: true }),
      webgpu: () => openWebGpuSession(webgpu!, weights, { gpu: gpu!, onWarning: () => {} }),
    };
    const session = await open[backend]();
    outputs.push(await outputOf(session, tower));
    await session.dispose();
  }
  const [actual, expected] = outputs as [Float32Array, Float32Array];
  const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  return expected.reduce((most, x, i) => Math.max(most, Math.abs(x - actual[i]!)), 0) / largest;
}

/** As of every float32 model. */
const tolerance = 1e-5;
const [base, so400m] = ["siglip-base-patch16-224", "siglip-so400m-patch14-384"];

// Of so400m, 4304 columns end in half a group of 32, and blocks of 64 go across their rows.
it.skipIf(!slow).each([
  [base, "vision", 12, "int4", int4],
  [base, "text", 2, "nf4", nf4],
  [so400m, "vision", 2, "int4", int4],
  [so400m, "vision", 2, "nf4", nf4],
] as const)(
  "%s, %s, %i layers on the CPU in %s",
  { timeout: 600_000 },
  async (name, tower, layers, _, quantize) => {
    expect(await errorOf(name, tower, quantize, "cpu", layers)).toBeLessThan(tolerance);
  },
);

// Whole it takes five times as long, nearly all of it to make up the weights.
it.skipIf(!slow || instructionSets.length === 0).each([[so400m, "vision", "int4", int4]] as const)(
  `%s, %s, four layers natively in %s ${needsGxx}`,
  { timeout: 600_000 },
  async (name, tower, _, quantize) => {
    expect(await errorOf(name, tower, quantize, "native", 4)).toBeLessThan(tolerance);
  },
);

it.skipIf(!slow || !gpu).each([
  [base, "vision", "int4", int4],
  [so400m, "text", "nf4", nf4],
] as const)(
  `%s, %s, two layers on WebGPU in %s ${needsWebGpu}`,
  { timeout: 600_000 },
  async (name, tower, _, quantize) => {
    expect(await errorOf(name, tower, quantize, "webgpu", 2)).toBeLessThan(tolerance);
  },
);
