/** A plan whose numbers were changed, run by the CPU backend. */
import { compile } from "@sigil/compiler";
import {
  syntheticWeights,
  uniform,
  valueOf,
  type InputTensor,
  type Session,
} from "@sigil/runtime/internal";
import { openCpuSession } from "@sigil/runtime-cpu";
import { parseSpec, type Plan } from "@sigil/spec";
import { WrongSuccess } from "../judge.ts";
import { jsonTarget } from "./json-target.ts";
import { specs } from "./small-specs.ts";

type Outputs = readonly Uint8Array[];

export const plan = jsonTarget({
  name: "plan",
  about: "plans with changed numbers through openCpuSession: refused, or the same results",
  goal: 1e5,
  open: async () => {
    const { plan: right, cpu } = await compile(
      parseSpec(JSON.stringify(specs[0]), { file: "/nowhere/fuzz.json" }),
    );
    const weights = syntheticWeights(
      Object.entries(right.tensors).map(([name, shape]) => ({ name, shape })),
      1,
    );
    const run = async (given: Plan): Promise<Outputs> => {
      const session = await openCpuSession({ plan: given, wasm: cpu }, weights, {
        threads: 1,
        lazy: true,
        onWarning: () => {},
      });
      try {
        return await runAll(session, right);
      } finally {
        await session.dispose();
      }
    };
    const expected = await run(right);
    return {
      seeds: [right],
      async use(text) {
        let given: Plan;
        try {
          given = JSON.parse(text) as Plan;
        } catch {
          return;
        }
        const results = await run(given);
        if (results.some((bytes, i) => Buffer.compare(bytes, expected[i]!) !== 0))
          throw new WrongSuccess("other results");
      },
    };
  },
});

/** Every program's outputs for a batch of one, as bytes. */
async function runAll(session: Session, right: Plan): Promise<Outputs> {
  const results: Uint8Array[] = [];
  for (const program of right.programs) {
    const symbols = Object.fromEntries(Object.keys(program.symbols).map((name) => [name, 1]));
    const inputs: Record<string, InputTensor> = {};
    for (const { name, shape, dtype } of program.inputs) {
      const sizes = shape.map((extent) => valueOf(extent, symbols));
      const data = uniform(
        `input.${name}`,
        sizes.reduce((a, b) => a * b, 1),
      );
      inputs[name] = {
        data: dtype === "int32" ? Int32Array.from(data, (value) => Math.abs(value) * 3) : data,
        shape: sizes,
      };
    }
    const found = session.plan.programs.find(({ name }) => name === program.name);
    if (found === undefined) continue;
    const outputs = await session.run(found, inputs, symbols);
    for (const { name } of program.outputs) {
      const { data } = outputs[name] ?? { data: new Float32Array() };
      results.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice());
    }
  }
  return results;
}
