/**
 * Plans that were changed: refused, whatever was changed. And plans that someone changed who can
 * count their digest again: refused, or run to an end, never out of their memory.
 */
import { readFileSync } from "node:fs";
import { compile } from "@sigil/compiler";
import {
  arrayOf,
  checkPlan,
  PlanError,
  SigilError,
  syntheticWeights,
  valueOf,
  type InputTensor,
  type Session,
} from "@sigil/runtime/internal";
import { openCpuSession, type CpuArtifact } from "@sigil/runtime-cpu";
import { parseSpec, planDigest, sealPlan, type Plan } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { mutator, randomFrom } from "../../support/mutate-plan.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string): Plan => JSON.parse(readFileSync(new URL(path, root), "utf8")) as Plan;

const tower = {
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 1,
  num_attention_heads: 2,
};
const vision = { ...tower, image_size: 8, patch_size: 4 };
const text = { ...tower, vocab_size: 20, max_position_embeddings: 4, projection_size: 16 };
const specs: Readonly<Record<string, object>> = {
  siglip: { architecture: "siglip", config: { text_config: text, vision_config: vision } },
  "siglip-text": { architecture: "siglip-text", config: { text_config: text } },
  "siglip-vision of any size": {
    architecture: "siglip-vision",
    interpolate_pos_encoding: "run-time",
    config: { vision_config: vision },
  },
  "siglip-vision of bytes": {
    architecture: "siglip-vision",
    pixels: "uint8",
    config: { vision_config: vision },
  },
  "siglip-image-classification": {
    architecture: "siglip-image-classification",
    config: { vision_config: vision, id2label: { 0: "a", 1: "b", 2: "c" } },
  },
  "a document": {
    architecture: "./gated.json",
    config: { vision_config: { ...vision, num_attention_heads: 1 } },
  },
};
const compiled = (name: string, targets: readonly string[]) =>
  compile(
    parseSpec(JSON.stringify({ name: "small", ...specs[name], targets }), {
      file: "examples/tour/small.json",
    }),
  );

/** Every output of every program, on inputs that count. */
async function runAll(session: Session): Promise<unknown> {
  const outputs: unknown[] = [];
  for (const program of session.plan.programs) {
    const symbols = Object.fromEntries(Object.keys(program.symbols).map((symbol) => [symbol, 1]));
    const inputs = Object.fromEntries(
      program.inputs.map(({ name, dtype, shape }): [string, InputTensor] => {
        const sizes = shape.map((extent) => valueOf(extent, symbols));
        const data = new arrayOf[dtype](sizes.reduce((a, b) => a * b, 1));
        data.forEach((_, i) => (data[i] = i % 3));
        return [name, { data, shape: sizes }];
      }),
    );
    outputs.push(await session.run(program, inputs, symbols));
  }
  return outputs;
}

const open = (plan: Plan, wasm: CpuArtifact["wasm"], tensors: Plan["tensors"]): Promise<Session> =>
  openCpuSession(
    { plan, wasm },
    syntheticWeights(
      Object.entries(tensors).map(([name, shape]) => ({ name, shape })),
      1,
    ),
    { threads: 1, onWarning: () => {} },
  );

/** Of so many changes of a plan, those that a check does not see, other than what is no change. */
async function unseen(plan: Plan, count: number, seed: number): Promise<string[]> {
  const mutate = mutator(plan, randomFrom(seed));
  const found: string[] = [];
  for (let i = 0; i < count; i++) {
    const { mutant, change } = mutate();
    const error = await checkPlan(mutant).catch((thrown: unknown) => thrown);
    const same = planDigest(mutant) === planDigest(plan) && mutant.digest === plan.digest;
    if (error === undefined ? !same : !(error instanceof PlanError))
      found.push(`${change}: ${String(error)}`);
  }
  return found;
}

describe("a plan that was changed", { timeout: 600_000 }, () => {
  it.each(["plan.json", "webgpu.plan.json"])("is refused: siglip-shapes' %s", async (file) => {
    const plan = read(`generated/siglip-shapes/${file}`);
    await checkPlan(plan);
    expect(await unseen(plan, 600, 1)).toEqual([]);
  });

  it.each(Object.keys(specs))("is refused for every target: %s", async (name) => {
    const { plan, webgpu, cuda } = await compiled(name, ["cpu", "webgpu", "cuda"]);
    for (const made of [plan, webgpu!.plan, cuda!.plan]) {
      await checkPlan(made);
      expect(await unseen(made, 200, 2)).toEqual([]);
    }
  });

  it("is refused by each session before anything is read, with every fault", async () => {
    const { plan, cpu } = await compiled("siglip-text", ["cpu"]);
    const program = plan.programs[0]!;
    const changed = {
      ...plan,
      programs: [
        {
          ...program,
          arenaBytes: 256,
          gathers: [{ ...program.gathers[0]!, table: "none", rows: 9 }],
          weights: program.weights.map((weight, i) =>
            i === 0 ? { ...weight, parts: [{ ...weight.parts[0]!, end: 9999 }] } : weight,
          ),
        },
      ],
    };
    const error = await open(changed, cpu, plan.tensors).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PlanError);
    const { issues, message } = error as PlanError;
    for (const issue of [
      /weights\[0\]: rows 0 to 9999 are not in text_model/,
      /gathers\[0\]: none has no rows of 16/,
      /gathers\[0\]: none does not have 9 rows/,
      /outputs\[0\].location: ends outside the arena of 256 bytes/,
      /digest: the plan was changed after it was compiled/,
    ]) {
      expect(issues).toContainEqual(expect.stringMatching(issue));
      expect(message).toMatch(issue);
    }
  });

  it("is refused with kernels that it was not made for", async () => {
    const { plan } = await compiled("siglip-text", ["cpu"]);
    const { cpu } = await compiled("siglip-vision of bytes", ["cpu"]);
    await expect(open(plan, cpu, plan.tensors)).rejects.toThrow(
      /there is no kernel \w+: was it compiled with this plan\?/,
    );
  });

  it("may have its keys in another order", async () => {
    const { plan } = await compiled("siglip-text", ["cpu"]);
    await checkPlan(Object.fromEntries(Object.entries(plan).reverse()) as unknown as Plan);
  });
});

describe("a plan that was changed and sealed again", { timeout: 600_000 }, () => {
  it.each(Object.keys(specs))("is refused, or runs to an end: %s", async (name) => {
    const { plan, cpu } = await compiled(name, ["cpu"]);
    await runAll(await open(plan, cpu, plan.tensors));
    const mutate = mutator(plan, randomFrom(3));
    let refused = 0;
    const count = 100;
    for (let i = 0; i < count; i++) {
      const { mutant, change } = mutate();
      let session: Session | undefined;
      try {
        session = await open(sealPlan(mutant), cpu, plan.tensors);
        await runAll(session);
      } catch (error) {
        if (!(error instanceof SigilError)) expect.fail(`${change}: ${(error as Error).stack}`);
        refused++;
      } finally {
        await session?.dispose();
      }
    }
    expect(refused).toBeGreaterThan(count / 2);
  });
});
