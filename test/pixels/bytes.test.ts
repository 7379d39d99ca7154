/**
 * Pictures as bytes: the same embeddings as of the same pictures normalised first, on each backend;
 * and what is refused.
 */
import { compile, type CompiledModel } from "@sigil/compiler";
import {
  InputError,
  SiglipImageProcessor,
  SiglipModel,
  type PixelValues,
  type Session,
} from "@sigil/runtime";
import { openCpuSession } from "@sigil/runtime-cpu";
import { openWebGpuSession } from "@sigil/runtime-webgpu";
import type { ModelSpec, Storage } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { scaledError } from "../support/golden-cases.ts";
import {
  shapesPictures,
  shapesProcessor,
  shapesSpec,
  shapesWeights,
} from "../support/shapes-checkpoint.ts";
import { gpu, needsWebGpu } from "../support/webgpu.ts";

const bytesOf = (
  mean: readonly number[] = [0.5],
  std: readonly number[] = [0.5],
): ModelSpec["pixels"] => ({
  dtype: "uint8",
  rescaleFactor: 1 / 255,
  imageMean: mean,
  imageStd: std,
});
const floatPixels = (
  processor: SiglipImageProcessor,
  pictures: Parameters<SiglipImageProcessor["preprocess"]>[0],
): PixelValues => {
  const { pixelValues: data, shape } = processor.preprocess(pictures);
  return { data, shape };
};
const bytePixels = (
  processor: SiglipImageProcessor,
  pictures: Parameters<SiglipImageProcessor["preprocess"]>[0],
): PixelValues => {
  const { pixelValues: data, shape } = processor.preprocessBytes(pictures);
  return { data, shape };
};

async function onCpu({ plan, cpu }: CompiledModel): Promise<Session> {
  return openCpuSession({ plan, wasm: cpu }, await shapesWeights(), {
    threads: 1,
    onWarning: () => {},
  });
}
const compiled = (more: Partial<ModelSpec>) =>
  compile(shapesSpec({ targets: ["cpu", "webgpu"], ...more }));

/**
 * The worst output of five pictures, planned for four at a time, given as bytes and given
 * normalised.
 */
async function difference(
  open: (compiled: CompiledModel) => Promise<Session>,
  storage: Storage,
  mean?: readonly number[],
  std?: readonly number[],
): Promise<number> {
  const pictures = await shapesPictures(5);
  const processor = new SiglipImageProcessor({
    ...shapesProcessor.options,
    ...(mean && { imageMean: mean }),
    ...(std && { imageStd: std }),
  });
  const run = async (pixels: ModelSpec["pixels"], pixelValues: PixelValues) => {
    const model = new SiglipModel(await open(await compiled({ storage, pixels })));
    const output = await model.visionModel.forward({ pixelValues });
    await model.dispose();
    return [output.poolerOutput!, output.lastHiddenState!];
  };
  const [floats, bytes] = [
    await run({ dtype: "float32" }, floatPixels(processor, pictures)),
    await run(bytesOf(mean, std), bytePixels(processor, pictures)),
  ];
  return Math.max(...floats.map(({ data }, i) => scaledError(bytes[i]!.data, data)));
}

// Over max(1, the largest magnitude): two float32 sums of 192 products in another order, through
// five layers.
const tolerance = 1e-5;

describe("bytes on the CPU", () => {
  it.each(["float32", "float16", "bfloat16"] as const)(
    "are what they are when normalised first, weights in %s",
    async (storage) => {
      expect(await difference(onCpu, storage)).toBeLessThan(tolerance);
    },
  );
  it("have a mean and a deviation for each channel", async () => {
    expect(
      await difference(onCpu, "float32", [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ).toBeLessThan(tolerance);
  });
  it("and normalised values are not taken for each other", async () => {
    const pictures = await shapesPictures(1);
    const bytes = new SiglipModel(await onCpu(await compiled({ pixels: bytesOf() })));
    await expect(
      bytes.getImageFeatures({ pixelValues: floatPixels(shapesProcessor, pictures) }),
    ).rejects.toThrow(
      /received float32, .* a Uint8Array of \[batch, height, width, channels\].*preprocessBytes/,
    );
    const { data } = bytePixels(shapesProcessor, pictures) as { data: Uint8Array };
    await expect(
      bytes.getImageFeatures({ pixelValues: { data, shape: [1, 3, 64, 64] } }),
    ).rejects.toThrow(InputError);
    await expect(
      bytes.getImageFeatures({ pixelValues: { data: data.subarray(1), shape: [1, 64, 64, 3] } }),
    ).rejects.toThrow("expected 12288 values, received 12287");
    await expect(
      bytes.getImageFeatures({
        pixelValues: { data: new Uint8Array(32 * 32 * 3), shape: [1, 32, 32, 3] },
      }),
    ).rejects.toThrow("expected 64x64 pixels, received 32x32");
    await expect(
      bytes.getImageFeatures({
        pixelValues: { data: new Uint8ClampedArray(data), shape: [1, 64, 64, 3] } as never,
      }),
    ).rejects.toThrow("received another type");
    await expect(
      bytes.getImageFeatures({
        pixelValues: { data: Array.from(data), shape: [1, 64, 64, 3] } as never,
      }),
    ).rejects.toThrow("received another type");
    await expect(
      bytes.getImageFeatures({
        pixelValues: {
          data: { device: "elsewhere", length: 12288, subarray: () => expect.fail() },
          shape: [1, 64, 64, 3],
        },
      }),
    ).rejects.toThrow(/lies where elsewhere can read it, and the model runs on cpu/);
    await bytes.dispose();
    const floats = new SiglipModel(await onCpu(await compiled({})));
    await expect(
      floats.getImageFeatures({ pixelValues: bytePixels(shapesProcessor, pictures) }),
    ).rejects.toThrow(/received uint8, .* normalised values/);
    await floats.dispose();
  });
});

describe.skipIf(!gpu)(`bytes on WebGPU ${needsWebGpu}`, { timeout: 300_000 }, () => {
  const onGpu = async ({ webgpu }: CompiledModel): Promise<Session> =>
    openWebGpuSession(webgpu!, await shapesWeights(), { gpu: gpu!, onWarning: () => {} });
  it.each([["float32"], ["float16", [0.485, 0.456, 0.406]]] as const)(
    "are what they are when normalised first, weights in %s",
    async (storage, mean?: readonly number[]) => {
      expect(await difference(onGpu, storage, mean)).toBeLessThan(tolerance);
    },
  );
});
