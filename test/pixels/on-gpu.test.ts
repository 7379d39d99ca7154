/**
 * Pictures that never leave the GPU: the bytes that the image processor makes of them, bit for bit,
 * whatever their size; and what is refused.
 */
import { compile } from "@sigil/compiler";
import {
  resize,
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  SiglipModel,
  type ByteTensor,
  type RawImage,
} from "@sigil/runtime/internal";
import { openCpuSession } from "@sigil/runtime-cpu";
import { openWebGpuSession } from "@sigil/runtime-webgpu";
import {
  PictureUploader,
  type PictureSource,
  type ResizeOptions,
} from "@sigil/runtime-webgpu/pictures";
import { beforeAll, describe, expect, it } from "vitest";
import {
  shapesPictures,
  shapesProcessor,
  shapesSpec,
  shapesWeights,
} from "../support/shapes-checkpoint.ts";
import { gpu, needsWebGpu } from "../support/webgpu.ts";

const noise = (width: number, height: number, seed = 1): RawImage => ({
  data: Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => Math.imul(i + seed, 2654435761) >>> 24,
  ),
  width,
  height,
  channels: 3,
});
const bytes = {
  dtype: "uint8",
  rescaleFactor: 1 / 255,
  imageMean: [0.5],
  imageStd: [0.5],
} as const;

/** What the uploader gives to programs. */
interface Writes {
  write(device: GPUDevice, buffer: GPUBuffer, offset: number): Promise<void>;
}

/** How many bytes differ; a report of which would take minutes. */
const differences = (actual: Uint8Array, expected: Uint8Array): number =>
  actual.length === expected.length
    ? actual.reduce((count, value, i) => count + Number(value !== expected[i]), 0)
    : Infinity;

describe.skipIf(!gpu)(`pictures on a GPU ${needsWebGpu}`, { timeout: 300_000 }, () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await (await gpu!.requestAdapter())!.requestDevice();
  });

  /** A texture of a picture, opaque. */
  const textureOf = (
    { data, width, height }: RawImage,
    format: "rgba8unorm" | "bgra8unorm" = "rgba8unorm",
    usage = 0x4,
  ): GPUTexture => {
    const texture = device.createTexture({ size: [width, height], format, usage: 0x2 | usage });
    const four = Uint8Array.from({ length: 4 * width * height }, (_, i) =>
      i % 4 === 3 ? 255 : data[3 * (i >> 2) + (format === "bgra8unorm" ? 2 - (i % 4) : i % 4)]!,
    );
    device.queue.writeTexture({ texture }, four, { bytesPerRow: 4 * width }, [width, height]);
    return texture;
  };
  /** What lies in a buffer of `seven` that pictures were written to. */
  const written = async (
    { data }: ByteTensor,
    buffer = device.createBuffer({
      size: 256 + 4 * Math.ceil(data.length / 4),
      usage: 0x80 | 0x4 | 0x8,
    }),
  ): Promise<Uint8Array> => {
    device.queue.writeBuffer(buffer, 0, new Uint8Array(buffer.size).fill(7));
    await (data as unknown as Writes).write(device, buffer, 256);
    const readback = device.createBuffer({ size: buffer.size, usage: 0x1 | 0x8 });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, readback, 0, buffer.size);
    device.queue.submit([encoder.finish()]);
    await readback.mapAsync(1);
    const all = new Uint8Array(readback.getMappedRange().slice(0));
    readback.destroy();
    expect(
      all.subarray(0, 256).every((value) => value === 7) &&
        all.subarray(256 + data.length).every((value) => value === 7),
      "nothing beside them",
    ).toBe(true);
    return all.subarray(256, 256 + data.length);
  };

  it("are resized bit for bit as on the CPU, by every filter and both arithmetics", async () => {
    for (const [width, height, toWidth, toHeight] of [
      [640, 480, 224, 224],
      [17, 9, 16, 16],
      [5, 7, 31, 3],
      [1, 1, 5, 7],
      [33, 700, 15, 5],
      [20, 20, 20, 9],
      [64, 64, 64, 64],
      // Down first in Pillow's arithmetic.
      [3, 700, 7, 5],
    ] as const)
      for (const options of [
        { resample: "bicubic" },
        { resample: "bilinear" },
        { resample: "nearest" },
        { resample: "lanczos" },
        { resample: "box" },
        { resample: "hamming" },
        { arithmetic: "torchvision" },
      ] satisfies ResizeOptions[]) {
        const picture = noise(width, height);
        const uploader = new PictureUploader({ height: toHeight, width: toWidth }, options);
        const expected = resize(
          picture.data as Uint8Array,
          [height, width, 3],
          [toHeight, toWidth],
          options.resample ?? "bicubic",
          options.arithmetic ?? "pillow",
        );
        expect(
          differences(await written(uploader.pixels([textureOf(picture)])), expected),
          `${width}x${height} to ${toWidth}x${toHeight} ${JSON.stringify(options)}`,
        ).toBe(0);
        uploader.destroy();
      }
  });

  it("are cropped as the image processor crops, by its options", async () => {
    const square = { height: 6, width: 9 };
    for (const options of [
      { size: { shortestEdge: 8 }, doCenterCrop: true, cropSize: square },
      { size: { height: 5, width: 20 }, doCenterCrop: true, cropSize: square },
      { doResize: false, doCenterCrop: true, cropSize: square },
    ])
      for (const [arithmetic, Processor] of [
        ["pillow", SiglipImageProcessor],
        ["torchvision", SiglipImageProcessorFast],
      ] as const) {
        const processor = new Processor(options);
        const pictures = [noise(7, 30), noise(25, 8, 2), noise(4, 3, 5), noise(9, 2000, 3)];
        const uploader = new PictureUploader(square, { ...processor.options, arithmetic });
        const made = await written(uploader.pixels(pictures.map((picture) => textureOf(picture))));
        expect(differences(made, processor.preprocessBytes(pictures).pixelValues)).toBe(0);
        uploader.destroy();
      }
    const refuse = (options: ResizeOptions, message: string) =>
      expect(() => new PictureUploader(square, options).pixels([textureOf(noise(7, 30))])).toThrow(
        message,
      );
    refuse(
      { size: { height: 8, width: 8 } },
      "the options make pictures of 8x8, the model takes 9x6",
    );
    refuse(
      { size: { shortestEdge: 8 } },
      "of 7x30 pixels the options make 8x34, the model takes 9x6",
    );
    refuse({ doResize: false, doPad: true }, "doPad surrounds normalised pixels with zeros");
    refuse({ doPad: true, padSize: { height: 8, width: 9 } }, "the options make pictures of 9x8");
    refuse({ resample: "cubic" } as never, "resample: expected nearest (0)");
  });

  it(
    "lie one after the other where pictures do not fill words, whatever their sizes and " +
      "formats, and are cut as arrays are",
    async () => {
      const pictures = [
        noise(9, 4, 1),
        noise(5, 5, 2),
        noise(9, 4, 3),
        noise(30, 2, 4),
        noise(6, 6, 5),
        noise(7, 7, 6),
      ];
      const uploader = new PictureUploader({ height: 3, width: 5 });
      const pixels = uploader.pixels(
        pictures.map((picture, i) => textureOf(picture, i % 2 ? "bgra8unorm" : "rgba8unorm")),
      );
      const expected = pictures.flatMap((picture) =>
        Array.from(
          resize(picture.data as Uint8Array, [picture.height, picture.width, 3], [3, 5], "bicubic"),
        ),
      );
      expect(pixels.shape).toEqual([6, 3, 5, 3]);
      expect(Array.from(await written(pixels))).toEqual(expected);
      expect(Array.from(await written({ ...pixels, data: pixels.data.subarray(45, 135) }))).toEqual(
        expected.slice(45, 135),
      );
      uploader.destroy();
    },
  );

  it("may be stored as floats, which are clamped and rounded to bytes", async () => {
    const picture = noise(12, 10);
    const texture = device.createTexture({
      size: [12, 10],
      format: "rgba32float",
      usage: 0x2 | 0x4,
    });
    // A third of a byte beside each, and the ends of the range far beyond it.
    const values = Float32Array.from({ length: 480 }, (_, i) => {
      const byte = i % 4 === 3 ? 255 : picture.data[3 * (i >> 2) + (i % 4)]!;
      return byte < 10 ? -3 : byte > 245 ? 7 : (byte + 0.3) / 255;
    });
    device.queue.writeTexture({ texture }, values, { bytesPerRow: 16 * 12 }, [12, 10]);
    const clamped = Uint8Array.from(picture.data, (byte) =>
      byte < 10 ? 0 : byte > 245 ? 255 : byte,
    );
    const uploader = new PictureUploader({ height: 7, width: 4 });
    expect(
      differences(
        await written(uploader.pixels([texture])),
        resize(clamped, [10, 12, 3], [7, 4], "bicubic"),
      ),
    ).toBe(0);
    uploader.destroy();
  });

  it("that take more than a buffer of the device are refused", async () => {
    const small = new Proxy(device, {
      get(target, key) {
        if (key === "limits") return { ...limits, maxStorageBufferBindingSize: 600 };
        const value = Reflect.get(target, key, target) as unknown;
        return typeof value === "function" ? (value as () => unknown).bind(target) : value;
      },
    });
    const limits = { maxTextureDimension2D: device.limits.maxTextureDimension2D };
    const buffer = device.createBuffer({ size: 512, usage: 0x80 | 0x4 | 0x8 });
    const uploader = new PictureUploader({ height: 8, width: 8 });
    const { data } = uploader.pixels([textureOf(noise(20, 20))]) as unknown as { data: Writes };
    await expect(data.write(small, buffer, 256)).rejects.toThrow(
      "resizing a picture of 20x20 pixels takes 640 bytes, but a buffer of the device has at " +
        "most 600",
    );
    uploader.destroy();
  });

  it("make nothing anew for the next picture of the same size", async () => {
    const uploader = new PictureUploader({ height: 8, width: 8 });
    const texture = textureOf(noise(20, 10));
    const buffer = device.createBuffer({ size: 512, usage: 0x80 | 0x4 | 0x8 });
    await written(uploader.pixels([texture]), buffer);
    const made: string[] = [];
    const watched = new Proxy(device, {
      get(target, key) {
        const value = Reflect.get(target, key, target) as unknown;
        if (typeof key === "string" && /^create(?!CommandEncoder)/.test(key)) made.push(key);
        return typeof value === "function" ? (value as () => unknown).bind(target) : value;
      },
    });
    // The proxy is another device to the uploader, so it makes everything once more, then nothing.
    const { data } = uploader.pixels([texture]) as unknown as { data: Writes };
    await data.write(watched, buffer, 256);
    expect(made.length).toBeGreaterThan(0);
    made.length = 0;
    await data.write(watched, buffer, 256);
    expect(made).toEqual([]);
    uploader.destroy();
  });

  it(
    "give the embeddings of the same bytes, in batches larger than planned, and refuse what is " +
      "no picture",
    async () => {
      const { webgpu } = await compile(
        shapesSpec({ targets: ["webgpu"], pixels: bytes, batch: { image: 2, text: 1 } }),
      );
      const model = new SiglipModel(
        await openWebGpuSession(webgpu!, await shapesWeights(), { device, onWarning: () => {} }),
      );
      const pictures = await shapesPictures(3);
      const { pixelValues: data, shape } = shapesProcessor.preprocessBytes(pictures);
      const uploader = new PictureUploader({ height: 64, width: 64 });
      const textures = pictures.map((picture) =>
        textureOf({ ...picture, data: Uint8Array.from(picture.data) }),
      );
      const onGpu = await model.getImageFeatures({ pixelValues: uploader.pixels(textures) });
      expect(onGpu).toEqual(await model.getImageFeatures({ pixelValues: { data, shape } }));

      const refused = async (sources: readonly unknown[]) =>
        model.getImageFeatures({ pixelValues: uploader.pixels(sources as PictureSource[]) });
      await expect(refused([])).rejects.toThrow("expected at least one picture");
      await expect(refused([textures[0], "a.png"])).rejects.toThrow(
        "picture 1: expected a texture, video, canvas or bitmap, received a.png",
      );
      await expect(refused([textures[0], { videoWidth: 0, videoHeight: 0 }])).rejects.toThrow(
        "picture 1: has 0x0 pixels; wait until it is loaded",
      );
      await expect(
        refused([device.createTexture({ size: [4, 4], format: "r8unorm", usage: 0x4 })]),
      ).rejects.toThrow("received r8unorm");
      await expect(
        refused([device.createTexture({ size: [4, 4], format: "rgba8unorm-srgb", usage: 0x4 })]),
      ).rejects.toThrow("received rgba8unorm-srgb");
      await expect(refused([textureOf(noise(4, 4), "rgba8unorm", 0)])).rejects.toThrow(
        "TEXTURE_BINDING",
      );
      await expect(
        refused([textures[0], textures[0], textures[0], { width: 9999, height: 2 }]),
      ).rejects.toThrow("picture 3: has 9999x2 pixels, but the device takes at most 8192 a side");
      await expect(refused([{ width: 9, height: 2 }])).rejects.toThrow(
        "picture 0: cannot be copied to the GPU",
      );
      const other = await (await gpu!.requestAdapter())!.requestDevice();
      await expect(
        refused([other.createTexture({ size: [4, 4], format: "rgba8unorm", usage: 0x4 })]),
      ).rejects.toThrow("texture of another device");
      other.destroy();
      // None of it has spoilt the session.
      expect(await model.getImageFeatures({ pixelValues: uploader.pixels(textures) })).toEqual(
        onGpu,
      );
      await model.dispose();
      uploader.destroy();
    },
  );

  it("are not for the CPU, and not for models that take normalised values", async () => {
    const uploader = new PictureUploader({ height: 64, width: 64 });
    const pixelValues = uploader.pixels([textureOf(noise(8, 8))]);
    const open = async (pixels: Parameters<typeof shapesSpec>[0]) => {
      const { plan, cpu } = await compile(shapesSpec(pixels));
      return new SiglipModel(
        await openCpuSession({ plan, wasm: cpu }, await shapesWeights(), {
          threads: 1,
          onWarning: () => {},
        }),
      );
    };
    const [onBytes, onFloats] = [await open({ pixels: bytes }), await open({})];
    await expect(onBytes.getImageFeatures({ pixelValues })).rejects.toThrow(
      /lies where webgpu can read it, and the model runs on cpu/,
    );
    await expect(onFloats.getImageFeatures({ pixelValues })).rejects.toThrow(/received uint8/);
    await onBytes.dispose();
    await onFloats.dispose();
  });
});
