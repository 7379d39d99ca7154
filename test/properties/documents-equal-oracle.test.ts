/**
 * Documents of every op in any order: what compiles computes what the graph means, as kernel
 * problems and on the CPU, and what does not is refused at a place. `SIGIL_RUNS` draws more,
 * `SIGIL_SEED` starts elsewhere.
 */
import {
  buildGraphs,
  compile,
  dense,
  evaluateGraph,
  evaluateLowered,
  lowerSpec,
  type Dense,
} from "@sigil/compiler/internal";
import { syntheticTensor, syntheticWeights, uniform } from "@sigil/runtime/internal";
import { openCpuSession } from "@sigil/runtime-cpu";
import { parseSpec, type Architecture } from "@sigil/spec";
import { expect, it } from "vitest";
import { scaledError } from "../support/golden-cases.ts";
import { drawDocument } from "./random-document.ts";

const runs = Number(process.env.SIGIL_RUNS ?? 200);
const first = Number(process.env.SIGIL_SEED ?? 1);
const onCpu = 20;
const spec = parseSpec('{"name":"m","architecture":"siglip-vision","config":{}}', {
  file: "m.json",
});
const sizes: Readonly<Record<string, number>> = { batch: 2, others: 3 };
const weights = (tensor: string, shape: readonly number[]) => syntheticTensor(tensor, shape, 5);

/** Exponentials of exponentials leave what floats hold; such outputs are not compared. */
const isTame = ({ data }: Dense): boolean =>
  data.every((value) => Number.isFinite(value) && Math.abs(value) < 1e4);

async function check(document: Architecture, cpu: boolean): Promise<void> {
  const [whole] = buildGraphs(spec, document);
  const [program] = lowerSpec(spec, document);
  const inputs = Object.fromEntries(
    whole!.inputs.map(({ name, value }) => {
      const shape = value.shape.map((axis) =>
        typeof axis === "number" ? axis : axis.factor * sizes[axis.symbols[0]!]!,
      );
      const drawn = uniform(
        name,
        shape.reduce((a, b) => a * b, 1),
        3,
      );
      const data = Float64Array.from(drawn, (x, i) =>
        value.dtype === "int32"
          ? Math.floor(Math.abs(x) * 6) % 6
          : // A row whose tokens are all masked has no mean.
            name === "mask" && i % 3 === 0
            ? Math.abs(x)
            : x,
      );
      return [name, dense(shape, data)];
    }),
  );
  const symbols = Object.fromEntries(
    Object.entries(sizes).filter(([name]) => name === "batch" || "z" in inputs),
  );
  const expected = evaluateGraph(whole!, inputs, weights);
  const tame = Object.entries(expected).filter(([, output]) => isTame(output));
  const lowered = evaluateLowered(
    program!.lowered,
    Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data])),
    weights,
    symbols,
  );
  // Float64 against float64: the same sums in another order.
  for (const [name, { data }] of tame)
    expect(scaledError(lowered[name]!, data), name).toBeLessThan(1e-10);
  if (!cpu) return;
  const { plan, cpu: wasm } = await compile(spec, document);
  const session = await openCpuSession(
    { plan, wasm },
    syntheticWeights(
      Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
      5,
    ),
    { threads: 1, onWarning: () => {} },
  );
  const outputs = await session.run(
    plan.programs[0]!,
    Object.fromEntries(
      whole!.inputs.map(({ name, value }) => {
        const { shape, data } = inputs[name]!;
        const typed = value.dtype === "int32" ? Int32Array.from(data) : Float32Array.from(data);
        return [name, { data: typed, shape }];
      }),
    ),
    symbols,
  );
  await session.dispose();
  // float32; an exponential of some tens multiplies the rounding by as much.
  for (const [name, { data }] of tame)
    expect(scaledError(outputs[name]!.data, data), name).toBeLessThan(1e-3);
}

it(`${runs} drawn documents compute what the oracle computes, or are refused`, async () => {
  let compiled = 0;
  const told = new Set<string>();
  for (let seed = first; seed < first + runs; seed++) {
    const { document, refused } = drawDocument(seed, spec);
    for (const { pointer, problem } of refused) {
      expect(`${pointer} ${problem}`).toMatch(/^\/(steps|outputs|inputs|symbols)(?!.*internal)/);
      told.add(problem.replace(/\[.*?\]|\d+|s\d/g, "_"));
    }
    if (!document) continue;
    try {
      await check(document, compiled++ % onCpu === 0);
    } catch (error) {
      throw new Error(`seed ${seed}: ${JSON.stringify(document)}`, { cause: error });
    }
  }
  expect(compiled).toBeGreaterThan(runs / 2);
  // Draws are worth something while they meet many rules.
  expect(told.size).toBeGreaterThan(8);
}, 120_000);
