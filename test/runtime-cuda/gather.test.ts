/**
 * Embeddings on CUDA: tables lie on the device, launches gather their rows, and a run sends ids
 * alone.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compile,
  evaluateLowered,
  gatherOnDevice,
  lowerSpec,
  planMemory,
} from "@sigil/compiler/internal";
import { InputError, syntheticWeights, type WeightSource } from "@sigil/runtime";
import {
  bufferSource,
  openSafetensors,
  roundToStorage,
  writeSafetensors,
} from "@sigil/runtime/internal";
import {
  choosePath,
  createCudaProgram,
  LoadedKernels,
  openCudaSession,
  openDevice,
} from "@sigil/runtime-cuda";
import { emulate } from "@sigil/runtime-cuda/emulated";
import { loadSpec, specPath, type Storage } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { emulatedDriver } from "../support/cuda.ts";
import { needsGxx } from "../support/gxx.ts";
import { recorded } from "./null-model.ts";

const [rows, width, tokens, batch] = [23, 12, 5, 3];
const table = "words.weight";

/** Two inputs of words that one table embeds, added. */
const folder = mkdtempSync(join(tmpdir(), "sigil-gather-"));
const embedding = (name: string, input: string) => ({
  name,
  op: "embedding",
  inputs: [input],
  weights: { weight: { name: table, shape: [rows, width] } },
});
const ids = { dtype: "int32", shape: ["batch", tokens] };
function specOf(name: string, outputs: object, steps: readonly object[] = [], more: object = {}) {
  const architecture = {
    name,
    config: "text_config",
    symbols: { batch: "text" },
    inputs: { first: ids, second: ids },
    steps: [
      embedding("a", "first"),
      embedding("b", "second"),
      { name: "sum", op: "add", inputs: ["a", "b"] },
      ...steps,
    ],
    outputs,
  };
  const about = { name, architecture: `./${name}.architecture.json`, config: { text_config: {} } };
  writeFileSync(join(folder, `${name}.architecture.json`), JSON.stringify(architecture));
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ ...about, batch: { text: batch }, ...more }));
  return loadSpec(file);
}
const spec = specOf("pair", { sum: "sum" });

/** Its tensors cannot be read row by row. */
const weights = (): WeightSource => ({
  ...syntheticWeights([{ name: table, shape: [rows, width] }], 4),
  readRowsFloat32: () => Promise.reject(new Error("the host read rows of a table")),
});
const inputs = () => ({
  first: {
    data: Int32Array.from({ length: batch * tokens }, (_, i) => (5 * i) % rows),
    shape: [batch, tokens],
  },
  second: {
    data: Int32Array.from({ length: batch * tokens }, (_, i) => rows - 1 - (i % 4)),
    shape: [batch, tokens],
  },
});
/** What the sum of two tokens' words is. */
function sumOf(words: Float32Array): Float32Array {
  const { first, second } = inputs();
  const row = (data: Int32Array, i: number): number =>
    words[data[Math.floor(i / width)]! * width + (i % width)]!;
  return Float32Array.from(
    { length: batch * tokens * width },
    (_, i) => row(first.data, i) + row(second.data, i),
  );
}
const bytesOf = { float32: 4, float16: 2, bfloat16: 2 } as const;

async function open(storage: Storage, path: "portable" | "hopper") {
  const { cuda } = await compile({ ...spec, storage, targets: ["cuda"] });
  const { artifact, driver } = await emulate(cuda!);
  return openCudaSession(artifact, weights(), { driver, path, onWarning: () => {} });
}

it("launches that gather compute what the host's gathers mean", () => {
  const [{ lowered }] = lowerSpec(spec) as [ReturnType<typeof lowerSpec>[0]];
  const given = Object.fromEntries(
    Object.entries(inputs()).map(([name, { data }]) => [name, data]),
  );
  const values = (_: string, shape: readonly number[]) =>
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
  const onDevice = gatherOnDevice(lowered, "float32");
  expect(onDevice.launches).toHaveLength(lowered.launches.length + 2);
  expect(evaluateLowered(onDevice, given, values, { batch })).toEqual(
    evaluateLowered(lowered, given, values, { batch }),
  );
});

it("ids stay in the arena to the end of a run, for whoever repeats it", () => {
  const text = { ...loadSpec(specPath("siglip-shapes")), architecture: "siglip-text" };
  const [{ lowered }] = lowerSpec(text) as [ReturnType<typeof lowerSpec>[0]];
  const program = gatherOnDevice(lowered, "float32");
  const { lives } = planMemory(program);
  for (const { input } of program.gathers) {
    const { value } = program.inputs.find(({ name }) => name === input)!;
    expect(lives.find((life) => life.value.id === value.id)).toMatchObject({
      from: -1,
      to: program.launches.length,
    });
  }
});

describe.skipIf(!emulatedDriver)(
  `a table on the emulated CUDA device ${needsGxx}`,
  { timeout: 120_000 },
  () => {
    it.each([
      ["float32", "portable"],
      ["float16", "portable"],
      ["bfloat16", "portable"],
      ["float32", "hopper"],
      ["float16", "hopper"],
      ["bfloat16", "hopper"],
    ] as const)(
      "in %s by %s kernels is sent once for both inputs, and a run sends its ids",
      async (storage, path) => {
        const words = (await weights().readFloat32(table)).map((x) => roundToStorage(x, storage));
        const { first, second } = inputs();
        const { calls, problems } = await recorded({}, async () => {
          const session = await open(storage, path);
          const [program] = session.plan.programs;
          expect(program!.weightBytes).toBeLessThan(rows * width * bytesOf[storage] + 256);
          const { sum } = await session.run(program!, inputs(), { batch });
          expect(sum).toEqual({
            data: sumOf(words),
            shape: [batch, tokens, width],
          });
          await session.dispose();
        });
        // The driver finds what was not freed.
        expect(problems).toEqual([]);
        expect(
          calls.filter(({ call }) => call === "cuMemcpyHtoDAsync").map(({ bytes }) => bytes),
        ).toEqual([
          rows * width * bytesOf[storage],
          ...[first, second].map(({ data }) => 4 * data.length),
        ]);
      },
    );

    it("that a checkpoint keeps as codes is unpacked when it is loaded", async () => {
      const codes = Int8Array.from({ length: rows * width }, (_, i) => ((37 * i) % 255) - 127);
      const identity = Int8Array.from({ length: width * width }, (_, i) =>
        i % (width + 1) === 0 ? 127 : 0,
      );
      const stored = (data: Int8Array, shape: readonly [number, number], scale: number) => [
        { dtype: "I8" as const, shape, data: new Uint8Array(data.buffer) },
        {
          dtype: "F32" as const,
          shape: [shape[0], 1],
          data: new Uint8Array(new Float32Array(shape[0]).fill(scale).buffer),
        },
      ];
      const [words, wordScales] = stored(codes, [rows, width], 2 ** -5);
      const [matrix, matrixScales] = stored(identity, [width, width], 1 / 127);
      const file = writeSafetensors({
        [table]: words!,
        [`${table}_scale`]: wordScales!,
        "y.weight": matrix!,
        "y.weight_scale": matrixScales!,
      });
      const { cuda } = await compile(
        specOf(
          "codes",
          { sum: "sum", y: "y" },
          [
            {
              name: "y",
              op: "linear",
              inputs: ["sum"],
              weights: { weight: { name: "y.weight", shape: [width, width] } },
            },
          ],
          { quantize: { "y.weight": "int8" }, targets: ["cuda"] },
        ),
      );
      const { artifact, driver } = await emulate(cuda!);
      const session = await openCudaSession(artifact, await openSafetensors(bufferSource(file)), {
        driver,
        onWarning: () => {},
      });
      const { sum } = await session.run(session.plan.programs[0]!, inputs(), { batch });
      expect(sum!.data).toEqual(sumOf(Float32Array.from(codes, (code) => code * 2 ** -5)));
      await session.dispose();
    });

    it("is read by the ids of the last run when that is repeated, and by no others", async () => {
      const { cuda } = await compile({ ...spec, targets: ["cuda"] });
      const { artifact, driver } = await emulate(cuda!);
      const [planned] = artifact.plan.programs;
      const device = await openDevice({ driver });
      const kernels = await LoadedKernels.load(
        artifact,
        choosePath(artifact, device, "auto"),
        device,
      );
      const program = await createCudaProgram(planned!, kernels, device, weights());
      const repeat = () => program.repeat({ batch }, 3);
      await expect(repeat()).rejects.toThrow(/expected a run with batch=3 .* received none/);
      const given = Object.fromEntries(
        Object.entries(inputs()).map(([name, { data }]) => [name, data]),
      );
      await program.run(given, { batch });
      expect(await repeat()).toHaveLength(3);
      const one = Object.fromEntries(
        Object.entries(given).map(([name, data]) => [name, data.subarray(0, tokens)]),
      );
      await program.run(one, { batch: 1 });
      await expect(repeat()).rejects.toThrow(InputError);
      await program.dispose();
      await device.native.close();
    });

    it("is not read past its ends", async () => {
      const session = await open("float32", "portable");
      const [program] = session.plan.programs;
      for (const id of [-1, rows]) {
        const given = inputs();
        given.second.data[7] = id;
        await expect(session.run(program!, given, { batch })).rejects.toThrow(
          new InputError(
            `second: expected ids from 0 to ${rows - 1}, received ${id} at position 7`,
          ),
        );
      }
      const short = { ...inputs(), first: { data: new Int32Array(4), shape: [batch, tokens] } };
      await expect(session.run(program!, short, { batch })).rejects.toThrow(InputError);
      await session.run(program!, inputs(), { batch });
      await session.dispose();
    });
  },
);
