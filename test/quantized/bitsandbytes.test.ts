/**
 * Checkpoints of bitsandbytes as they are, on each backend, against a float32 model of transformers
 * with their dequantised weights.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import {
  bufferSource,
  openSafetensors,
  SiglipForImageClassification,
  SiglipModel,
  type WeightSource,
} from "@sigil/runtime";
import { openCheckpoint } from "@sigil/runtime/node";
import { openCpuSession } from "@sigil/runtime-cpu";
import { openCudaSession } from "@sigil/runtime-cuda";
import { openNativeSession } from "@sigil/runtime-native";
import { emulate } from "@sigil/runtime-cuda/emulated";
import { openWebGpuSession } from "@sigil/runtime-webgpu";
import { loadSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { emulatedDriver } from "../support/cuda.ts";
import { fixtures, scaledError } from "../support/golden-cases.ts";
import { flatten } from "../support/run-case.ts";
import { needsGxx } from "../support/gxx.ts";
import { instructionSets, withInstructionSet } from "../support/native.ts";
import { gpu, needsWebGpu } from "../support/webgpu.ts";

const folder = join(fixtures, "bitsandbytes");
const opened = async (path: string): Promise<WeightSource> =>
  openSafetensors(bufferSource(readFileSync(join(folder, path))));

type Backend = "cpu" | "native" | "webgpu" | "cuda";

/** Every output of a checkpoint by transformers' names. */
async function outputsOf(
  name: string,
  backend: Backend,
): Promise<Record<string, ArrayLike<number>>> {
  const checkpoint = await openCheckpoint(join(folder, name));
  const spec = loadSpec(join(folder, name));
  const { plan, cpu, webgpu, cuda } = await compile({
    ...spec,
    targets: [backend === "native" ? "cpu" : backend],
  });
  const { weights } = checkpoint;
  const session = await (backend === "webgpu"
    ? openWebGpuSession(webgpu!, weights, { gpu: gpu!, onWarning: () => {} })
    : backend === "cuda"
      ? emulate(cuda!).then(({ artifact, driver }) =>
          openCudaSession(artifact, weights, { driver }),
        )
      : backend === "native"
        ? openNativeSession({ plan, kernels: cpu!.native! }, weights)
        : openCpuSession({ plan, wasm: cpu }, weights));
  const set = name.includes("/") ? name.split("/")[0]! : "";
  const inputs = await opened(set ? `${set}/float32.safetensors` : "inputs.safetensors");
  const given = async (input: string) => {
    const key = set ? `input.${input}` : input;
    return { name: key, shape: inputs.tensors.get(key)!.shape };
  };
  try {
    const pixels = await given("pixel_values");
    const pixelValues = { data: await inputs.readFloat32(pixels.name), shape: pixels.shape };
    if (set === "classifier") {
      const model = new SiglipForImageClassification(session);
      return flatten(await model.forward({ pixelValues } as never), "", {});
    }
    const ids = await given("input_ids");
    const bytes = await inputs.read(ids.name);
    const all = new Int32Array(new Uint8Array(bytes).buffer);
    const [rows, length] = ids.shape as [number, number];
    const inputIds = Array.from({ length: rows }, (_, row) =>
      Array.from(all.subarray(row * length, (row + 1) * length)),
    );
    const model = new SiglipModel(session);
    return flatten(await model.forward({ pixelValues, inputIds } as never), "", {});
  } finally {
    await session.dispose();
    await checkpoint.close();
  }
}

async function worstError(name: string, backend: Backend): Promise<number> {
  const actual = await outputsOf(name, backend);
  const expected = await opened(`${name}/outputs.safetensors`);
  const names = [...expected.tensors.keys()].filter((key) => key.startsWith("dequantized_run."));
  expect(names.length).toBeGreaterThan(0);
  let worst = 0;
  for (const key of names)
    worst = Math.max(
      worst,
      scaledError(actual[key.slice("dequantized_run.".length)]!, await expected.readFloat32(key)),
    );
  return worst;
}

/** As of every float32 model: times the largest magnitude where that exceeds 1. */
const tolerance = 1e-5;
const kinds = ["fp4", "nf4", "nf4-double", "int8"] as const;
const acrossRows = ["awkward/fp4", "awkward/nf4-double", "awkward/int8"] as const;

describe("a checkpoint of bitsandbytes gives its results on the CPU", () => {
  it.each([...kinds, ...acrossRows])("%s", async (name) => {
    expect(await worstError(name, "cpu")).toBeLessThan(tolerance);
  });

  it("a classifier in bfloat16, whose weights bitsandbytes rounds once more", async () => {
    expect(await worstError("classifier/nf4-double", "cpu")).toBeLessThan(1e-2);
  });
});

describe.skipIf(instructionSets.length === 0)(
  `a checkpoint of bitsandbytes gives its results natively ${needsGxx}`,
  () => {
    describe.each(instructionSets)("%s", (set) => {
      it.each([...kinds, ...acrossRows])("%s", async (name) => {
        const error = await withInstructionSet(set, () => worstError(name, "native"));
        expect(error).toBeLessThan(tolerance);
      });
    });
  },
);

describe.skipIf(!gpu)(
  `a checkpoint of bitsandbytes gives its results on WebGPU ${needsWebGpu}`,
  { timeout: 300_000 },
  () => {
    it.each(["nf4-double", "int8", "awkward/fp4", "awkward/int8"])("%s", async (name) => {
      // WGSL's `exp` is only good to a few ulp.
      expect(await worstError(name, "webgpu")).toBeLessThan(2 * tolerance);
    });
  },
);

describe.skipIf(!emulatedDriver)(
  `a checkpoint of bitsandbytes gives its results on the emulated CUDA device ${needsGxx}`,
  { timeout: 300_000 },
  () => {
    it.each(["nf4-double", "int8", "awkward/fp4", "awkward/int8"])("%s", async (name) => {
      expect(await worstError(name, "cuda")).toBeLessThan(2 * tolerance);
    });
  },
);
