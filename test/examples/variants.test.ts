/** Every document of examples/variants, compiled for every backend, beside the float64 oracle. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  buildGraphs,
  dense,
  evaluateGraph,
  evaluateLowered,
  lowerSpec,
} from "@sigil/compiler/internal";
import { SiglipVisionModel, syntheticTensor, uniform, type Session } from "@sigil/runtime/internal";
import { parseSpec, type ModelSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { everyBackend } from "../support/every-backend.ts";
import { scaledError, type GoldenCase } from "../support/golden-cases.ts";
import { needsGxx } from "../support/gxx.ts";
import { instructionSets, openNative } from "../support/native.ts";
import { flatten } from "../support/run-case.ts";

const folder = join(import.meta.dirname, "../../examples/variants");
const names = readdirSync(folder).map((file) => file.replace(".json", ""));
const [seed, batch] = [9, 2];

it("is shown in the docs as it is, and listed", () => {
  const page = readFileSync(join(folder, "../../docs/architectures.md"), "utf8");
  expect(page).toContain(readFileSync(join(folder, "qk-norm.json"), "utf8"));
  expect([...page.matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, name]) => name).sort()).toEqual(names);
});

const specOf = (name: string): ModelSpec =>
  parseSpec(
    JSON.stringify({
      name,
      architecture: `./${name}.json`,
      hidden_states: [0],
      interpolate_pos_encoding: true,
      image_size: { height: 32, width: 16 },
      config: {
        vision_config: {
          hidden_size: 24,
          intermediate_size: 36,
          num_attention_heads: 3,
          num_hidden_layers: 2,
          image_size: 32,
          patch_size: 8,
          num_registers: 3,
          text_width: 20,
        },
      },
    }),
    { file: join(folder, "spec.json") },
  );
const weights = (tensor: string, shape: readonly number[]): Float32Array =>
  syntheticTensor(tensor, shape, seed);
const shape = [batch, 3, 32, 16] as const;
const data = uniform("pixels", batch * 3 * 32 * 16, seed);

/** What the graph means, before any pass. */
function meant(spec: ModelSpec): Record<string, Float64Array> {
  const [graph] = buildGraphs(spec);
  const outputs = evaluateGraph(
    graph!,
    { pixel_values: dense(shape, Float64Array.from(data)) },
    weights,
  );
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, value.data]));
}

/** Float32's rounding through two layers; WGSL's and a card's `exp` are good to a few ulp only. */
const tolerance = 2e-5;

describe.each(names)("%s", (name) => {
  const spec = specOf(name);
  const expected = meant(spec);

  it("means after fusion what its document says", () => {
    const [program] = lowerSpec(spec);
    const actual = evaluateLowered(program!.lowered, { pixel_values: data }, weights, {
      image_batch: batch,
    });
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    // Float64 against float64, the same sums in another order.
    for (const [output, values] of Object.entries(expected))
      expect(scaledError(actual[output]!, values), output).toBeLessThan(1e-10);
  });

  const compare = async (session: Session): Promise<void> => {
    const model = new SiglipVisionModel(session);
    const actual = flatten(
      await model.forward({ pixelValues: { data, shape }, interpolatePosEncoding: true }),
      "",
      {},
    );
    await model.dispose();
    for (const [output, values] of Object.entries(expected))
      expect(scaledError(actual[output]!, values), output).toBeLessThan(tolerance);
  };
  // Threads and workers compute with the same kernels.
  for (const { name: backend, here, open } of everyBackend.filter(({ name }) => !/ /.test(name)))
    it.skipIf(!here)(`is computed so: ${backend}`, { timeout: 120_000 }, async () =>
      compare(await open({ spec, seed } as unknown as GoldenCase)),
    );
  it.skipIf(instructionSets.length === 0)(`is computed so: native ${needsGxx}`, async () =>
    compare(await openNative(spec, seed)),
  );
});
