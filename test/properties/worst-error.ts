/** A drawn spec compiled and run, compared with the float64 oracle on the unfused graph. */
import {
  buildGraphs,
  compile,
  dense,
  evaluateGraph,
  type CompiledModel,
  type Dense,
} from "@sigil/compiler/internal";
import {
  roundToStorage,
  runText,
  runVision,
  syntheticTensor,
  syntheticWeights,
  uniform,
  type PixelValues,
  type Session,
  type Tensor,
  type WeightSource,
} from "@sigil/runtime/internal";
import { parseSpec, type ModelSpec } from "@sigil/spec";
import { expect, it } from "vitest";
import { scaledError } from "../support/golden-cases.ts";
import { drawSpec, type Draw } from "./random-spec.ts";

/**
 * Weights as the compiled model keeps them: those that are packed in 16 bits are rounded, the
 * others are not; those that meet bytes are rounded after they were scaled.
 */
function storedWeights(
  { plan }: CompiledModel,
  seed: number,
): (tensor: string, shape: readonly number[]) => ArrayLike<number> {
  const packed = new Map(
    plan.programs.flatMap((program) =>
      program.weights.flatMap(({ layout, parts }) =>
        layout.kind === "panels" ? parts.map(({ tensor, fold }) => [tensor, fold] as const) : [],
      ),
    ),
  );
  return (tensor, shape) => {
    const values = syntheticTensor(tensor, shape, seed);
    if (!packed.has(tensor)) return values;
    const fold = packed.get(tensor);
    const scaleOf = (i: number): number =>
      fold ? fold.scales[Math.floor(i / fold.pixels) % fold.scales.length]! : 1;
    return Float64Array.from(
      values,
      (value, i) => roundToStorage(Math.fround(value * scaleOf(i)), plan.storage) / scaleOf(i),
    );
  };
}

const lowest = -3.4028234663852886e38;

/** Opens a compiled model on the backend under test. */
export type Open = (compiled: CompiledModel, weights: WeightSource) => Promise<Session>;

/**
 * The worst error of any output of a drawn spec, over max(1, the largest magnitude), and which it
 * was.
 */
export async function worstError(
  seed: number,
  draw: Draw,
  spec: ModelSpec,
  open: Open,
): Promise<{ output: string; error: number }> {
  const compiled = await compile({ ...spec, targets: ["cpu", "webgpu"] });
  const { plan } = compiled;
  const session = await open(
    compiled,
    syntheticWeights(
      Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
      seed,
    ),
  );
  const weights = storedWeights(compiled, seed);
  let worst = { output: "", error: 0 };
  const compare = (
    program: string,
    actual: Readonly<Record<string, Tensor>>,
    expected: Readonly<Record<string, Dense>>,
  ): void => {
    expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
    for (const [output, { data, shape }] of Object.entries(actual)) {
      expect(shape).toEqual(expected[output]!.shape);
      const error = scaledError(data, expected[output]!.data);
      if (!(error <= worst.error)) worst = { output: `${program} ${output}`, error };
    }
  };
  for (const graph of buildGraphs(spec)) {
    if (graph.inputs.some(({ name }) => name === "pixel_values")) {
      const { num_channels: channels, image_size: side } = spec.config.vision_config!;
      const size = [spec.imageSize?.height ?? side, spec.imageSize?.width ?? side];
      const bytes = spec.pixels.dtype === "uint8";
      const shape = bytes ? [draw.images, ...size, channels] : [draw.images, channels, ...size];
      const values = uniform(
        "pixels",
        shape.reduce((a, b) => a * b, 1),
        seed,
      );
      const data = bytes ? Uint8Array.from(values, (u) => Math.floor(((u + 1) / 2) * 256)) : values;
      compare(
        graph.name,
        await runVision(session, { pixelValues: { data, shape } as PixelValues }),
        evaluateGraph(graph, { pixel_values: dense(shape, Float64Array.from(data)) }, weights),
      );
    } else if (graph.inputs.some(({ name }) => name === "input_ids")) {
      const { vocab_size: words, max_position_embeddings: longest } = spec.config.text_config!;
      const length = spec.textLength ?? longest;
      const rows = (name: string, limit: number) =>
        Array.from({ length: draw.texts }, (_, r) =>
          Array.from(uniform(`${name} ${r}`, length, seed), (u) =>
            Math.min(limit - 1, Math.floor(((u + 1) / 2) * limit)),
          ),
        );
      const inputIds = rows("ids", words);
      const positionIds = draw.shuffledPositions ? rows("positions", longest) : undefined;
      const mask = draw.masked
        ? rows("mask", 2).map((row, r) => row.map((keep, i) => (i === r % length ? 1 : keep)))
        : undefined;
      const flat = (values: readonly (readonly number[])[]) =>
        dense([draw.texts, length], Float64Array.from(values.flat()));
      const expected = evaluateGraph(
        graph,
        {
          input_ids: flat(inputIds),
          ...(positionIds && { position_ids: flat(positionIds) }),
          ...(mask && {
            attention_mask: flat(mask.map((row) => row.map((keep) => (keep ? 0 : lowest)))),
          }),
        },
        weights,
      );
      compare(
        graph.name,
        await runText(session, {
          inputIds,
          ...(positionIds && { positionIds }),
          ...(mask && { attentionMask: mask }),
        }),
        expected,
      );
    }
  }
  await session.dispose();
  return worst;
}

/** A test for each seed; a failure prints the spec and the seed to replay. */
export function testSeeds(first: number, runs: number, tolerance: number, open: Open): void {
  for (let seed = first; seed < first + runs; seed++)
    it(`seed ${seed}`, async () => {
      const draw = drawSpec(seed);
      const replay =
        `replay with SIGIL_SEED=${seed} ` +
        `SIGIL_RUNS=1\n${JSON.stringify(draw.spec, undefined, 2)}`;
      const { output, error } = await worstError(
        seed,
        draw,
        parseSpec(JSON.stringify(draw.spec), { file: "drawn.json" }),
        open,
      ).catch((cause: unknown) => {
        throw new Error(`${cause instanceof Error ? cause.message : cause}\n${replay}`, { cause });
      });
      expect(error, `${output}\n${replay}`).toBeLessThan(tolerance);
    });
}
