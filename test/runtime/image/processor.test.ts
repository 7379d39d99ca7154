/**
 * The image processor's options and inputs, each by what transformers does with it (siglip.md 5).
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import {
  convertRgb,
  ImageError,
  imageProcessorConfig,
  resize,
  SiglipImageProcessor,
  SiglipImageProcessorFast,
  type ImageArray,
  type PictureMode,
  type RawImage,
} from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import { describe, expect, it } from "vitest";
import { fixedWindows } from "../../../runtime/dist/image/fixed-windows.js";
import { resizePortable } from "../../../runtime/dist/image/resize.js";
import { fixtures } from "../../support/golden-cases.ts";

const bytes = (count: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => Math.imul(i + seed, 2654435761) >>> 24);
const rgb = (width: number, height: number, seed?: number): RawImage => ({
  data: bytes(width * height * 3, seed),
  width,
  height,
  channels: 3,
});
const small = { size: { height: 4, width: 6 } };

describe("resize", () => {
  it("is the same with and without SIMD, at every awkward size", () => {
    for (const [width, height, toWidth, toHeight] of [
      [1, 1, 5, 7],
      [5, 7, 1, 1],
      [17, 9, 16, 16],
      [640, 3, 224, 224],
      [33, 700, 31, 5],
      [20, 20, 20, 9],
      [20, 20, 9, 20],
      [1000, 500, 3, 2],
    ] as const)
      for (const filter of ["bicubic", "bilinear"] as const)
        for (const arithmetic of ["pillow", "torchvision"] as const) {
          const { data } = rgb(width, height) as { data: Uint8Array };
          const horizontal =
            width === toWidth ? undefined : fixedWindows(width, toWidth, filter, arithmetic);
          const vertical =
            height === toHeight ? undefined : fixedWindows(height, toHeight, filter, arithmetic);
          expect(
            resize(data, [height, width, 3], [toHeight, toWidth], filter, arithmetic),
            `${width}x${height} to ${toWidth}x${toHeight}`,
          ).toEqual(resizePortable(data, [height, width, 3], horizontal, vertical));
        }
  });
  it("runs the module that resize.wat assembles to", () => {
    execFileSync(
      "node",
      [join(import.meta.dirname, "../../../scripts/assemble-resize.mjs"), "--check"],
      { stdio: "pipe" },
    );
  });
});

describe("options", () => {
  const image = rgb(6, 4);
  it("switch each step off", () => {
    const run = (options: ConstructorParameters<typeof SiglipImageProcessor>[0]) =>
      Array.from(
        new SiglipImageProcessor({ ...small, ...options })
          .preprocess([image])
          .pixelValues.subarray(0, 3),
      );
    const red = [0, 3, 6].map((i) => image.data[i]!);
    expect(run({ doRescale: false, doNormalize: false })).toEqual(red);
    expect(run({ doNormalize: false })).toEqual(red.map((u) => Math.fround(u / 255)));
    expect(run({})).toEqual(red.map((u) => Math.fround((Math.fround(u / 255) - 0.5) / 0.5)));
    expect(run({ doRescale: false, imageMean: [1, 2, 3], imageStd: 2 })).toEqual(
      red.map((u) => (u - 1) / 2),
    );
    expect(run({ rescaleFactor: 0.25, doNormalize: false })).toEqual(red.map((u) => u / 4));
    expect(new SiglipImageProcessor({ doResize: false }).preprocess([image]).shape).toEqual([
      1, 3, 4, 6,
    ]);
  });
  it("of a call replace those of the constructor", () => {
    const processor = new SiglipImageProcessor(small);
    const last = processor.preprocess([image], {
      dataFormat: "channels_last",
      size: { height: 2, width: 5 },
    });
    const first = processor.preprocess([image], { size: { height: 2, width: 5 } });
    expect(last.shape).toEqual([1, 2, 5, 3]);
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < 10; i++)
        expect(last.pixelValues[i * 3 + c]).toBe(first.pixelValues[c * 10 + i]);
  });
  it("come from a checkpoint's JSON, an explicit null switching conversion off", () => {
    const { options } = SiglipImageProcessor.fromConfig({
      image_processor: {
        size: { height: 8, width: 9 },
        resample: 2,
        rescale_factor: 0.5,
        image_mean: [0, 1, 2],
        do_normalize: false,
        do_convert_rgb: null,
      },
    });
    expect(options).toMatchObject({
      size: { height: 8, width: 9 },
      resample: "bilinear",
      rescaleFactor: 0.5,
      imageMean: [0, 1, 2],
      imageStd: 0.5,
      doNormalize: false,
      doConvertRgb: false,
      doResize: true,
    });
    const [nested, legacy, preprocessorConfig] = [
      { image_processor: { resample: 2 } },
      { processor_class: "SiglipProcessor" },
      { resample: 3 },
    ];
    expect([
      imageProcessorConfig({ processorConfig: nested, preprocessorConfig }),
      imageProcessorConfig({ processorConfig: legacy, preprocessorConfig }),
      imageProcessorConfig({ processorConfig: legacy }),
    ]).toEqual([nested, preprocessorConfig, undefined]);
    for (const [odd, shown] of [
      [null, "null"],
      [[], "[]"],
      [{ image_processor: 3 }, "3"],
    ] as const)
      expect(() => SiglipImageProcessor.fromConfig(odd as never)).toThrow(
        `expected an object of settings, received ${shown}`,
      );
    expect(SiglipImageProcessor.fromConfig({}).options.doConvertRgb).toBe(true);
  });
  it("that cannot be are refused by name", () => {
    const refuse = (options: object, message: string) =>
      expect(() => new SiglipImageProcessor(options)).toThrow(message);
    refuse({ size: { height: 0, width: 2 } }, "size: expected a positive integer height and width");
    refuse({ size: 224 }, "size: expected a positive integer height and width, received 224");
    refuse(
      { resample: "nearest" },
      'resample: expected "bilinear" or "bicubic", received "nearest"',
    );
    refuse({ imageStd: [1, 0, 1] }, "imageStd: expected numbers other than zero");
    refuse({ dataFormat: "nchw" }, "dataFormat");
    expect(() => new SiglipImageProcessor({ imageMean: [1, 2] }).preprocess([image])).toThrow(
      "imageMean: expected one value or 3, received 2",
    );
    expect(() => SiglipImageProcessor.fromConfig({ size: { shortest_edge: 224 } })).toThrow(
      'size: expected height and width, received {"shortest_edge":224}',
    );
    expect(() => SiglipImageProcessor.fromConfig({ resample: 1 })).toThrow(
      "expected 2 (bilinear) or 3 (bicubic), received 1",
    );
  });
});

describe("inputs", () => {
  const modes: [PictureMode, Partial<RawImage>, number[]][] = [
    ["L", { data: Uint8Array.of(7), channels: 1 }, [7, 7, 7]],
    ["LA", { data: Uint8Array.of(7, 99), channels: 2 }, [7, 7, 7]],
    ["RGBA", { data: Uint8Array.of(1, 2, 3, 0), channels: 4 }, [1, 2, 3]],
    [
      "P",
      { data: Uint8Array.of(1), channels: 1, palette: Uint8Array.of(0, 0, 0, 10, 20, 30) },
      [10, 20, 30],
    ],
    ["1", { data: Uint8Array.of(1), channels: 1 }, [255, 255, 255]],
    ["I;16", { data: Uint16Array.of(300), channels: 1 }, [255, 255, 255]],
    // Pillow: Image.new("CMYK", (1, 1), (10, 20, 30, 40)).convert("RGB").getpixel((0, 0))
    ["CMYK", { data: Uint8Array.of(10, 20, 30, 40), channels: 4 }, [207, 198, 190]],
  ];
  for (const [mode, picture, expected] of modes)
    it(`of mode ${mode} are converted where that is on, and refused where it is off`, () => {
      const image = { width: 1, height: 1, mode, ...picture } as RawImage;
      expect(Array.from(convertRgb(image).data)).toEqual(expected);
      expect(() => new SiglipImageProcessor({ doConvertRgb: false }).preprocess([image])).toThrow(
        `images[0]: expected an RGB picture, received mode ${mode}`,
      );
    });

  it("as arrays have their channels found, or told", () => {
    const { data } = rgb(6, 4) as { data: Uint8Array };
    const processor = new SiglipImageProcessor({ doResize: false });
    const expected = processor.preprocess([rgb(6, 4)]).pixelValues;
    const planes = Uint8Array.from(
      { length: 72 },
      (_, i) => data[(i % 24) * 3 + Math.floor(i / 24)]!,
    );
    expect(processor.preprocess([{ data, shape: [4, 6, 3] }]).pixelValues).toEqual(expected);
    expect(processor.preprocess([{ data: planes, shape: [3, 4, 6] }]).pixelValues).toEqual(
      expected,
    );
    // Both ends could be channels: the first is, unless told otherwise.
    expect(processor.preprocess([{ data: bytes(27), shape: [3, 3, 3] }]).pixelValues).not.toEqual(
      processor.preprocess([{ data: bytes(27), shape: [3, 3, 3] }], {
        inputDataFormat: "channels_last",
      }).pixelValues,
    );
    const refuse = (array: object, message: string) =>
      expect(() => processor.preprocess([array as ImageArray])).toThrow(message);
    refuse({ data: bytes(96), shape: [4, 6, 4] }, "expected one or three channels");
    refuse({ data: bytes(24), shape: [4, 6] }, "expected an array of three axes, received [4, 6]");
    refuse({ data: new Uint16Array(72), shape: [4, 6, 3] }, "expected 8-bit or float32 values");
    refuse({ data: bytes(71), shape: [4, 6, 3] }, "expected 4 x 6 x 3 values, received 71");
  });

  it("of floats: whole numbers as bytes, units there and back with a warning, others refused", () => {
    const whole = rgb(12, 8) as { data: Uint8Array };
    const codes: string[] = [];
    const run = (data: Float32Array, options: object = {}) =>
      new SiglipImageProcessor({ ...small, ...options }).preprocess([{ data, shape: [8, 12, 3] }], {
        onWarning: ({ code }) => codes.push(code),
      }).pixelValues;
    expect(run(Float32Array.from(whole.data))).toEqual(
      new SiglipImageProcessor(small).preprocess([rgb(12, 8)]).pixelValues,
    );
    expect(codes).toEqual([]);
    const dark = run(Float32Array.from(whole.data, (u) => u / 255.5));
    expect(Math.max(...dark)).toBeLessThan(-0.99);
    expect(codes).toEqual(["float-rescale"]);
    expect(() => run(Float32Array.from(whole.data, (u) => u * 1.5))).toThrow(
      "expected floats that are whole numbers from 0 to 255 or lie between 0 and 1",
    );
  });

  it("of floats are not rounded by the fast processor", () => {
    const constant = new Float32Array(8 * 12 * 3).fill(300.25);
    const { pixelValues } = new SiglipImageProcessorFast({
      ...small,
      doRescale: false,
      doNormalize: false,
    }).preprocess([{ data: constant, shape: [8, 12, 3] }]);
    // Weights sum to one up to float64 rounding.
    for (const value of pixelValues) expect(value).toBeCloseTo(300.25, 4);
  });

  it("of different sizes make a batch, unless they keep them", () => {
    const { pixelValues, shape } = new SiglipImageProcessor(small).preprocess([
      rgb(30, 20),
      rgb(7, 50, 9),
    ]);
    expect(shape).toEqual([2, 3, 4, 6]);
    expect(pixelValues.subarray(72)).toEqual(
      new SiglipImageProcessor(small).preprocess([rgb(7, 50, 9)]).pixelValues,
    );
    expect(() =>
      new SiglipImageProcessor({ doResize: false }).preprocess([rgb(30, 20), rgb(7, 50)]),
    ).toThrow("images[1]: expected 20x30x3 as the first, received 50x7x3");
    expect(() => new SiglipImageProcessor().preprocess([{ ...rgb(3, 3), width: 4 }])).toThrow(
      "images[0]: expected 4x3x3 values, received 27",
    );
    expect(() => new SiglipImageProcessor().preprocess(["cat.png"] as never)).toThrow(
      "decode files with decodeImage",
    );
  });
});

describe("decoding", () => {
  const file = (name: string) => join(fixtures, "images/source", name);
  it("applies the EXIF orientation unless told not to", async () => {
    const [upright, asStored] = [
      await decodeImage(file("jpeg-exif-rotate6.jpg")),
      await decodeImage(file("jpeg-exif-rotate6.jpg"), { exif: false }),
    ];
    expect([upright.width, upright.height]).toEqual([asStored.height, asStored.width]);
  });
  it("refuses files that are missing, empty, no picture, cut short or too large", async () => {
    const damaged = new Uint8Array(
      await (await import("node:fs/promises")).readFile(file("png-scene-640x480.png")),
    ).subarray(0, 5000);
    for (const input of [
      file("none.png"),
      new Uint8Array(0),
      new TextEncoder().encode("not a picture"),
      damaged,
    ])
      await expect(decodeImage(input)).rejects.toThrow(ImageError);
    await expect(
      decodeImage(file("png-scene-640x480.png"), { limitPixels: 640 * 480 - 1 }),
    ).rejects.toThrow(/pixel limit/i);
    await expect(
      decodeImage(file("png-scene-640x480.png"), { limitPixels: 640 * 480 }),
    ).resolves.toMatchObject({ width: 640, height: 480 });
    await expect(decodeImage(file("png-1x1.png"))).resolves.toMatchObject({ width: 1, height: 1 });
  });
});
