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
} from "@sigil/runtime/internal";
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
      for (const filter of ["bicubic", "bilinear", "lanczos", "nearest"] as const)
        for (const arithmetic of ["pillow", "torchvision"] as const) {
          const { data } = rgb(width, height) as { data: Uint8Array };
          const horizontal =
            width === toWidth ? undefined : fixedWindows(width, toWidth, filter, arithmetic);
          const vertical =
            height === toHeight ? undefined : fixedWindows(height, toHeight, filter, arithmetic);
          // Compared as bytes: a matcher takes seconds for the difference of arrays.
          const same = Buffer.compare(
            resize(data, [height, width, 3], [toHeight, toWidth], filter, arithmetic),
            resizePortable(data, [height, width, 3], horizontal, vertical),
          );
          expect(same, `${filter} ${width}x${height} to ${toWidth}x${toHeight}`).toBe(0);
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
    // Zeros before normalising around what is cropped, after it around what is padded.
    expect(run({ doCenterCrop: true, cropSize: { height: 8, width: 6 } })).toEqual([-1, -1, -1]);
    const padded = new SiglipImageProcessor(small).preprocess([image], {
      doPad: true,
      padSize: { height: 4, width: 7 },
    });
    expect(padded.shape).toEqual([1, 3, 4, 7]);
    expect(padded.pixelValues[6]).toBe(0);
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
      imageStd: [0.5, 0.5, 0.5],
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
    const fixed = "a positive integer height and width of at most 16777216 pixels";
    refuse({ size: { height: 0, width: 2 } }, `size: expected ${fixed}`);
    refuse({ size: 224 }, `size: expected ${fixed}`);
    refuse({ size: { height: 4097, width: 4096 } }, 'received {"height":4097,"width":4096}');
    refuse({ size: { shortestEdge: 2, height: 2, width: 2 } }, `size: expected ${fixed}`);
    refuse({ resample: "cubic" }, "resample: expected nearest (0), lanczos (1), bilinear (2)");
    refuse({ imageStd: [1, 0, 1] }, "imageStd: expected a finite number other than zero");
    refuse({ imageMean: [0, NaN, 0] }, "imageMean: expected a finite number");
    refuse({ rescaleFactor: Infinity }, "rescaleFactor: expected a finite number where doRescale");
    refuse({ dataFormat: "nchw" }, "dataFormat");
    refuse({ doResize: 1 }, "doResize: expected true or false, received 1");
    refuse({ doCenterCrop: true }, `cropSize: expected ${fixed} where doCenterCrop is true`);
    refuse(
      { doPad: true, padSize: 3 },
      `padSize: expected ${fixed} where doPad is true, received 3`,
    );
    refuse({ doCentreCrop: true }, "no option of the image processor; did you mean doCenterCrop?");
    // What no step reads may be anything, as in transformers.
    expect(() => new SiglipImageProcessor({ doNormalize: false, imageStd: 0 })).not.toThrow();
    expect(() => new SiglipImageProcessor({ imageMean: [1, 2] }).preprocess([image])).toThrow(
      "imageMean: expected one value or 3, received 2",
    );
    for (const [options, value] of [
      [{ rescaleFactor: 1e300 }, "Infinity"],
      [{ imageStd: 1e-300 }, "-Infinity"],
      [{ imageMean: 1e300, imageStd: 1e300 }, "NaN"],
    ] as const)
      expect(() => new SiglipImageProcessor(options).preprocess([image])).toThrow(
        "rescaleFactor, imageMean and imageStd: expected values of float32 for bytes, " +
          `received ${value}`,
      );
    expect(() => new SiglipImageProcessorFast({ resample: "box" }).preprocess([image])).toThrow(
      "images[0]: resample: torchvision does not resize by box",
    );
    expect(() => new SiglipImageProcessorFast({ rescaleFactor: 0 }).preprocess([image])).toThrow(
      "rescaleFactor: expected a number other than zero",
    );
  });
});

describe("settings of a file", () => {
  const read = (config: object, onWarning = (_: { message: string }): void => {}) =>
    SiglipImageProcessor.fromConfig(config as Record<string, unknown>, { onWarning });

  it("that cannot be are refused together, by their names there", () => {
    expect(() =>
      read({
        image_processor: {
          resample: 7,
          image_std: [1, 0, 1],
          do_resize: "yes",
          do_pad: true,
          pad_size: [3],
          default_to_square: 1,
        },
      }),
    ).toThrow(
      'image processor: do_resize: expected true or false, received "yes"; ' +
        "image_std: expected a finite number other than zero, or a list of them where " +
        "do_normalize is true, received [1,0,1]; " +
        "pad_size: expected a positive integer height and width of at most 16777216 pixels " +
        "where do_pad is true, received [3]; " +
        "default_to_square: expected true or false, received 1",
    );
    for (const size of ["224", [], {}, { shortestEdge: 3 }, { height: 3, width: 3, depth: 3 }, NaN])
      expect(() => read({ size }), JSON.stringify(size)).toThrow(
        "image processor: size: expected a positive integer height and width",
      );
    // Whether a step reads it or not.
    expect(() => read({ crop_size: "a", do_resize: false, size: [3] })).toThrow(
      "image processor: size: expected a positive integer height and width of at most " +
        "16777216 pixels, a shortest edge, " +
        "with or without a longest edge, or a largest height and width, received [3]; " +
        "crop_size: expected a positive integer height and width of at most 16777216 pixels, " +
        'received "a"',
    );
    expect(() => read({ crop_size: { shortest_edge: 3 } })).not.toThrow();
    expect(() => read({ size: null })).toThrow("where do_resize is true, received null");
    const deep = JSON.parse("[".repeat(20_000) + "]".repeat(20_000)) as unknown;
    expect(() => read({ image_mean: deep, do_pad: deep })).toThrow(
      /^image processor: image_mean: /,
    );
    expect(() => read({ image_mean: [NaN, 0, 0] })).toThrow("image_mean: expected a finite number");
  });

  it("of another image processor are refused by name", () => {
    const type = "image_processor_type: expected SiglipImageProcessor, received ";
    expect(() => read({ image_processor_type: "Siglip2ImageProcessorFast" })).toThrow(
      `${type}"Siglip2ImageProcessor", which cuts pictures of any aspect ratio into patches ` +
        "(NaFlex)",
    );
    expect(() => read({ image_processor: { image_processor_type: "CLIPImageProcessor" } })).toThrow(
      `${type}"CLIPImageProcessor", whose steps and defaults differ`,
    );
    expect(() => read({ feature_extractor_type: "CLIPFeatureExtractor" })).toThrow(
      `${type}"CLIPImageProcessor"`,
    );
    expect(() => read({ image_processor_type: 3 })).toThrow("expected a name, received 3");
    expect(() => read({ auto_map: { AutoImageProcessor: "own.Processor" } })).toThrow(
      "auto_map: names an image processor in code of its own",
    );
    for (const image_processor_type of [
      "SiglipImageProcessor",
      "SiglipImageProcessorFast",
      "SiglipImageProcessorPil",
      null,
    ])
      expect(() => read({ image_processor_type, auto_map: null })).not.toThrow();
  });

  it("that nothing reads are ignored, with a warning where one is near", () => {
    const warnings: string[] = [];
    const { options } = read(
      { do_centre_crop: true, crop_sizes: 3, data_format: "channels_last", use_fast: true, a: 1 },
      ({ message }) => warnings.push(message),
    );
    expect(options).toMatchObject({ doCenterCrop: false, dataFormat: "channels_first" });
    expect(warnings).toEqual([
      "do_centre_crop is not a setting of SiglipImageProcessor and is ignored; did you mean " +
        "do_center_crop?",
      "crop_sizes is not a setting of SiglipImageProcessor and is ignored; did you mean crop_size?",
    ]);
  });

  it("say what size pictures end with, where they do", () => {
    const size = (config: object) => read(config).outputSize;
    expect(size({})).toEqual({ height: 224, width: 224 });
    expect(size({ size: 20 })).toBeUndefined();
    expect(size({ do_resize: false })).toBeUndefined();
    expect(size({ size: 20, do_center_crop: true, crop_size: 12 })).toEqual({
      height: 12,
      width: 12,
    });
    expect(size({ do_pad: true, pad_size: [300, 400] })).toEqual({ height: 300, width: 400 });
    expect(size({ do_pad: true })).toEqual({ height: 224, width: 224 });
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
    it(
      `of mode ${mode} are converted where that is on, and kept ` + "or refused where it is off",
      () => {
        const image = { width: 1, height: 1, mode, ...picture } as RawImage;
        expect(Array.from(convertRgb(image).data)).toEqual(expected);
        const off = () => new SiglipImageProcessor({ doConvertRgb: false }).preprocess([image]);
        // As transformers; where the mean has three values, a grey picture is refused there.
        if (mode === "L") expect(off().shape).toEqual([1, 1, 224, 224]);
        else
          expect(off).toThrow(`images[0]: expected an RGB or grey picture, received mode ${mode}`);
      },
    );

  it("of a mode have its numbers: floats are no bytes", () => {
    for (const [data, mode] of [
      [new Float32Array(3), "RGB"],
      [new Float64Array(3), "RGB"],
      [new Uint16Array(3), "RGB"],
      [new Uint8Array(1), "I;16"],
    ] as const)
      expect(() =>
        convertRgb({ data, width: 1, height: 1, channels: data.length, mode } as never),
      ).toThrow(`expected ${mode === "RGB" ? "8-bit" : "16-bit"} values in mode ${mode}`);
    expect(() =>
      convertRgb({ data: new Uint8Array(1), width: 1, height: 1, channels: 1, mode: "P" }),
    ).toThrow("expected the bytes of a palette in mode P");
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
    refuse({ data: bytes(30), shape: [4, 2.5, 3] }, "expected 4 x 2.5 x 3 values, received 30");
    refuse({ data: bytes(0), shape: [0, 0, 3] }, "expected 0 x 0 x 3 values, received 0");
    refuse({ data: bytes(0), shape: null }, "expected an array of three axes, received [null]");
  });

  it("of floats: whole numbers as bytes, units with a warning, others refused", () => {
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
    // np.allclose to whole numbers is near enough, and cut.
    expect(run(Float32Array.from(whole.data, (u) => Math.min(255, u * (1 + 5e-6))))).toEqual(
      new SiglipImageProcessor(small).preprocess([rgb(12, 8)]).pixelValues,
    );
    for (const odd of [NaN, Infinity, -Infinity])
      for (const Processor of [SiglipImageProcessor, SiglipImageProcessorFast])
        expect(() =>
          new Processor({ doResize: false }).preprocess([
            { data: Float32Array.of(1, odd, 0), shape: [1, 1, 3] },
          ]),
        ).toThrow("images[0]: expected finite floats");
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
    ).toThrow("images[1]: expected 20x30x3 like the first, received 50x7x3");
    expect(() => new SiglipImageProcessor().preprocess([{ ...rgb(3, 3), width: 4 }])).toThrow(
      "images[0]: expected 4x3x3 values, received 27",
    );
    expect(() => new SiglipImageProcessor().preprocess(["cat.png"] as never)).toThrow(
      "decode files with decodeImage",
    );
  });

  it("and sizes that take too much memory are refused before any is taken", () => {
    const line = { data: bytes(300), width: 1, height: 100, channels: 3 } as const;
    for (const size of [
      { shortestEdge: 10_000 },
      { shortestEdge: 2 ** 31 },
      { maxHeight: 1e15, maxWidth: 1e15 },
    ])
      expect(() => new SiglipImageProcessor({ size }).preprocess([line])).toThrow(
        /^images\[0\]: 100x1 pixels to .* take too much memory: ask for a smaller size/,
      );
    expect(() =>
      new SiglipImageProcessor({ size: { height: 2 ** 24, width: 1 } }).preprocess([line]),
    ).toThrow("take more than 4194304 weights: ask for a smaller size");
    expect(() =>
      new SiglipImageProcessor({ size: { maxHeight: 5, maxWidth: 5 } }).preprocess([rgb(1, 300)]),
    ).toThrow("images[0]: size: 300x1 pixels shrink to 5x0");
    expect(() =>
      new SiglipImageProcessor(small).preprocess(Array(1e4).fill(line), {
        doResize: false,
        doPad: true,
        padSize: { height: 4096, width: 4096 },
      }),
    ).toThrow("pixel_values: 503316480000 values take more memory than there is");
  });

  it("as bytes are cropped, and not padded", () => {
    const processor = new SiglipImageProcessor({
      ...small,
      doCenterCrop: true,
      cropSize: { height: 5, width: 3 },
    });
    const { pixelValues, shape } = processor.preprocessBytes([rgb(6, 4)]);
    expect(shape).toEqual([1, 5, 3, 3]);
    const { data } = rgb(6, 4);
    expect(Array.from(pixelValues.subarray(0, 9))).toEqual(Array(9).fill(0));
    expect(Array.from(pixelValues.subarray(9, 18))).toEqual(Array.from(data.subarray(3, 12)));
    const pad = (height: number) =>
      processor.preprocessBytes([rgb(6, 4)], { doPad: true, padSize: { height, width: 3 } });
    expect(pad(5).shape).toEqual(shape);
    expect(() => pad(6)).toThrow("images[0]: doPad surrounds normalised pixels with zeros");
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
    ).rejects.toThrow("expected at most 307199 pixels, received 640x480");
    await expect(
      decodeImage(file("png-scene-640x480.png"), { limitPixels: 640 * 480 }),
    ).resolves.toMatchObject({ width: 640, height: 480 });
    await expect(decodeImage(file("png-1x1.png"))).resolves.toMatchObject({ width: 1, height: 1 });
  });
});
