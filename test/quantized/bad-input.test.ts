/** Quantised checkpoints that are damaged, or of another kind than what they meet. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import {
  bindCheckpoint,
  bufferSource,
  openSafetensors,
  syntheticWeights,
  WeightsError,
  writeSafetensors,
  type TensorToWrite,
} from "@sigil/runtime/internal";
import { openCpuSession } from "@sigil/runtime-cpu";
import { type DiagnosticError, loadSpec, parseSpec, type ModelSpec, type Plan } from "@sigil/spec";
import { beforeAll, describe, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";

const folder = join(fixtures, "bitsandbytes/awkward");
const fc1 = "vision_model.encoder.layers.0.mlp.fc1.weight";
const storage = { bits: 4, group: 8, book: "fp4" } as const;
type Tensors = Map<string, TensorToWrite>;
const plans: Record<string, Plan> = {};

async function tensorsOf(name: string): Promise<Tensors> {
  const source = await openSafetensors(
    bufferSource(readFileSync(join(folder, name, "model.safetensors"))),
  );
  const tensors: Tensors = new Map();
  for (const [tensor, { dtype, shape }] of source.tensors)
    tensors.set(tensor, { dtype, shape, data: new Uint8Array(await source.read(tensor)) });
  return tensors;
}

/** What binding the changed checkpoint to its plan, and then reading the matrix, throws. */
async function problem(name: string, change: (tensors: Tensors) => void): Promise<string> {
  const tensors = await tensorsOf(name);
  change(tensors);
  const source = await openSafetensors(bufferSource(writeSafetensors(tensors)));
  try {
    const bound = await bindCheckpoint(plans[name]!, source);
    const own =
      name === "int8" ? { bits: 8 as const, group: 40 } : { ...storage, book: "fp4" as const };
    await bound.readQuantized!(fc1, own);
  } catch (error) {
    expect(error).toBeInstanceOf(WeightsError);
    return (error as Error).message;
  }
  return "";
}
const put = (tensors: Tensors, name: string, data: ArrayBufferView, shape: number[]): void =>
  void tensors.set(name, {
    ...tensors.get(name)!,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    shape,
  });
const floatsOf = ({ data }: TensorToWrite): Float32Array =>
  new Float32Array((data as Uint8Array).slice().buffer);

beforeAll(async () => {
  for (const name of ["fp4", "int8"])
    plans[name] = (await compile(loadSpec(join(folder, name)))).plan;
}, 60_000);

describe("a checkpoint of bitsandbytes", () => {
  it("whole has no problem", async () => {
    expect(await problem("fp4", () => {})).toBe("");
    expect(await problem("int8", () => {})).toBe("");
  });

  it("with too few scales", async () => {
    const text = await problem("fp4", (tensors) => {
      const absmax = floatsOf(tensors.get(`${fc1}.absmax`)!);
      put(tensors, `${fc1}.absmax`, absmax.slice(1), [absmax.length - 1]);
    });
    expect(text).toMatch(
      /fc1\.weight\.absmax": has the wrong number of scales \(expected 34, received 33\)/,
    );
  });

  it("with a scale that is NaN", async () => {
    const text = await problem("fp4", (tensors) => {
      const absmax = floatsOf(tensors.get(`${fc1}.absmax`)!);
      absmax[3] = Number.NaN;
      put(tensors, `${fc1}.absmax`, absmax, [absmax.length]);
    });
    expect(text).toMatch(
      /has a scale that is not a number \(expected finite scales, received NaN at 3\)/,
    );
    expect(
      await problem("int8", (tensors) => {
        const name = fc1.replace("weight", "SCB");
        const scales = floatsOf(tensors.get(name)!);
        scales[0] = Infinity;
        put(tensors, name, scales, [scales.length]);
      }),
    ).toMatch(/SCB": has a scale that is not a number/);
  });

  it("without its quant_map, or its quant_state", async () => {
    expect(await problem("fp4", (tensors) => tensors.delete(`${fc1}.quant_map`))).toMatch(
      /missing "vision_model.*fc1\.weight\.quant_map"/,
    );
    expect(
      await problem("fp4", (tensors) => tensors.delete(`${fc1}.quant_state.bitsandbytes__fp4`)),
    ).toMatch(/missing "vision_model.*quant_state/);
  });

  it("with a quant_state that says another type, shape or block, or is no JSON", async () => {
    const state = `${fc1}.quant_state.bitsandbytes__fp4`;
    const saying = (text: string) => (tensors: Tensors) => {
      const data = new TextEncoder().encode(text);
      put(tensors, state, data, [data.length]);
    };
    const stated = { quant_type: "fp4", blocksize: 64, dtype: "float32", shape: [54, 40] };
    const json = (more: object) => saying(JSON.stringify({ ...stated, ...more }));
    expect(await problem("fp4", json({}))).toBe("");
    expect(await problem("fp4", json({ quant_type: "af4" }))).toMatch(
      /has an unexpected quant_type/,
    );
    expect(await problem("fp4", json({ shape: [40, 54] }))).toMatch(/has an unexpected shape/);
    expect(await problem("fp4", json({ blocksize: 0.5 }))).toMatch(/has an unexpected blocksize/);
    expect(await problem("fp4", json({ blocksize: 32 }))).toMatch(/wrong number of scales/);
    expect(await problem("fp4", saying("{"))).toMatch(/quant_state that is not JSON/);
  });

  it("with another code book", async () => {
    const text = await problem("fp4", (tensors) => {
      const map = floatsOf(tensors.get(`${fc1}.quant_map`)!);
      map[5] = 0.7;
      put(tensors, `${fc1}.quant_map`, map, [16]);
    });
    expect(text).toMatch(/has an unexpected quant_map/);
  });

  it("in groups that the plan's would cut", async () => {
    const source = await openSafetensors(bufferSource(writeSafetensors(await tensorsOf("fp4"))));
    const bound = await bindCheckpoint(plans.fp4!, source);
    await expect(bound.readQuantized!(fc1, { ...storage, group: 40 })).rejects.toThrow(
      /not quantised like/,
    );
    await expect(bound.readQuantized!(fc1, { ...storage, book: "nf4" })).rejects.toThrow(
      /expected nf4 in groups of 8/,
    );
  });
});

describe("a quantised checkpoint and a plan that is not for it", () => {
  const spec = (name: string): ModelSpec => loadSpec(join(folder, name));
  const floats = ({ quantize: _, ...rest }: ModelSpec): ModelSpec => rest;
  const opened = async (name: string) =>
    openSafetensors(bufferSource(writeSafetensors(await tensorsOf(name))));

  it("of floats", async () => {
    const { plan, cpu } = await compile(floats(spec("fp4")));
    await expect(openCpuSession({ plan, wasm: cpu }, await opened("fp4"))).rejects.toThrow(
      /is quantised, but the plan's weights are floats/,
    );
  });

  it("of another quantisation", async () => {
    const { plan, cpu } = await compile(spec("int8"));
    await expect(openCpuSession({ plan, wasm: cpu }, await opened("fp4"))).rejects.toThrow(
      /not quantised like.*expected int8/s,
    );
  });

  it("of more matrices than the checkpoint has so", async () => {
    const { plan, cpu } = await compile({
      ...floats(spec("fp4")),
      quantize: [{ pattern: "*", storage: { bits: 4, block: 64, book: "fp4" } }],
    });
    await expect(openCpuSession({ plan, wasm: cpu }, await opened("fp4"))).rejects.toThrow(
      /quantised less than.*patch_embedding\.weight": expected fp4/s,
    );
  });

  it("but floats are quantised for a plan that asks for it", async () => {
    const { plan, cpu } = await compile({
      ...floats(spec("fp4")),
      quantize: [{ pattern: "*", storage: { bits: 8 } }],
    });
    const weights = Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape }));
    const session = await openCpuSession({ plan, wasm: cpu }, syntheticWeights(weights, 11));
    await session.dispose();
  });
});

describe("what a spec and a config say of quantisation", () => {
  const config = JSON.parse(readFileSync(join(folder, "fp4/config.json"), "utf8"));
  const problems = (document: object): string[] => {
    try {
      parseSpec(JSON.stringify(document), { file: "spec.json" });
    } catch (error) {
      return (error as DiagnosticError).diagnostics.map(({ message }) => message);
    }
    return [];
  };
  const whole = {
    name: "x",
    architecture: "siglip",
    config: { ...config, quantization_config: null },
  };

  it("is refused by name where it is not known", () => {
    expect(problems({ ...whole, storage: "int3" })).toEqual(['`storage` cannot be "int3"']);
    expect(problems({ ...whole, quantize: { "*": { bits: 5 } } })).toEqual([
      "`quantize.*.bits` cannot be 5",
    ]);
    expect(problems({ ...whole, storage: { bits: 8, book: "nf4" } })).toEqual([
      "nf4 has 16 numbers, whose codes are 4 bits wide, not 8",
    ]);
    const said = (quantization: object): string[] =>
      problems({ ...config, quantization_config: quantization });
    expect(said({ quant_method: "gptq" })).toEqual(['quantisation by "gptq" is not supported']);
    expect(said({ quant_method: "bitsandbytes", bnb_4bit_quant_type: "af4" })).toEqual([
      'bitsandbytes has no 4-bit type "af4"',
    ]);
    const compressed = (weights: object, more: object = {}): string[] =>
      said({
        quant_method: "compressed-tensors",
        config_groups: { group_0: { targets: ["Linear"], weights, ...more } },
      });
    expect(compressed({ num_bits: 4, strategy: "group", group_size: 32 })).toEqual([]);
    expect(compressed({ num_bits: 8, type: "float", strategy: "channel" })).toEqual([]);
    expect(
      compressed({ num_bits: 4, strategy: "group", group_size: 32, symmetric: false }),
    ).toEqual([]);
    expect(compressed({ num_bits: 4, strategy: "block" })).toEqual([
      'weights of compressed-tensors by "block", of type "int" are not supported',
    ]);
    expect(compressed({ num_bits: 2, strategy: "channel" })).toEqual([
      "weights of compressed-tensors of 2 bits are not supported",
    ]);
    expect(said({ quant_method: "sigil", quantize: { "*": "int2" } })).toEqual([
      '`quantization_config.quantize.*` cannot be "int2"',
    ]);
  });

  it("is refused where a pattern fits no matrix", async () => {
    const { quantization_config: _, ...plain } = config;
    const spec = parseSpec(
      JSON.stringify({ ...whole, config: plain, quantize: { "*.fc3.weight": "int8" } }),
      { file: "spec.json" },
    );
    await expect(compile(spec)).rejects.toThrow(
      /spec\.json#\/quantize\/\*\.fc3\.weight: no matrix of the model has such a name/,
    );
  });

  it("is a pattern's first match", () => {
    const { quantize } = parseSpec(
      JSON.stringify({ ...whole, storage: "int8", quantize: { "*.fc1.*": "float16" } }),
      { file: "spec.json" },
    );
    expect(quantize).toEqual([
      { pattern: "*.fc1.*", storage: "float16", pointer: "/quantize/*.fc1.*" },
      { pattern: "*", storage: { bits: 8 } },
    ]);
  });
});
