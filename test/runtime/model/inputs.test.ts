/** Inputs are the caller's again when the call has returned, outputs from the start. */
import { runInNewContext } from "node:vm";
import { InputError, SiglipModel, type Tensor } from "@sigil/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { everyBackend } from "../../support/every-backend.ts";
import { goldenCase, type GoldenCase } from "../../support/golden-cases.ts";

/** Not in the library that TypeScript is told of. */
type Resizable = ArrayBuffer & { resize(bytes: number): void };
const resizable = (bytes: number): Resizable =>
  new (ArrayBuffer as unknown as new (bytes: number, options: object) => Resizable)(bytes, {
    maxByteLength: bytes,
  });

for (const { name, here, open } of everyBackend)
  describe.skipIf(!here)(`inputs on ${name}`, { timeout: 300_000 }, () => {
    let golden: GoldenCase;
    let model: SiglipModel;
    let expected: Tensor;
    const features = (data: Float32Array): Promise<Tensor> =>
      model.getImageFeatures({ pixelValues: { data, shape: golden.pixels.shape } });
    const copy = (): Float32Array => Float32Array.from(golden.pixels.data);
    beforeAll(async () => {
      golden = await goldenCase("tiny");
      model = new SiglipModel(await open(golden, { lazy: true }));
      // The first run, while the tower still loads.
      const data = copy();
      const first = features(data);
      data.fill(9);
      const loading = await first;
      expected = await features(copy());
      expect(loading).toEqual(expected);
    });
    afterAll(() => model.dispose());

    it("may be changed", async () => {
      const data = copy();
      const runs = [features(data), features(data)];
      data.fill(9);
      for (const run of runs) expect(await run).toEqual(expected);
      expect(await features(data)).not.toEqual(expected);
    });

    it("may be transferred", async () => {
      const data = copy();
      const runs = [features(data), features(data)];
      const taken = structuredClone(data, { transfer: [data.buffer] });
      taken.fill(9);
      for (const run of runs) expect(await run).toEqual(expected);
      await expect(features(data)).rejects.toThrow(/expected \d+ values, received 0/);
    });

    it("may shrink", async () => {
      const buffer = resizable(golden.pixels.data.byteLength);
      const data = new Float32Array(buffer);
      data.set(golden.pixels.data);
      const runs = [features(data), features(data)];
      buffer.resize(4);
      for (const run of runs) expect(await run).toEqual(expected);
      await expect(features(data)).rejects.toThrow(/expected \d+ values, received 1/);
    });

    it("may lie in memory that threads share, or be a part of something larger", async () => {
      const data = new Float32Array(new SharedArrayBuffer(golden.pixels.data.byteLength));
      data.set(golden.pixels.data);
      const shared = features(data);
      data.fill(9);
      expect(await shared).toEqual(expected);
      const larger = new Float32Array(golden.pixels.data.length + 7);
      larger.set(golden.pixels.data, 3);
      const part = features(larger.subarray(3, -4));
      larger.fill(9);
      expect(await part).toEqual(expected);
    });

    it("of both towers and their scores are read at once", async () => {
      const inputs = () => ({
        pixelValues: { data: copy(), shape: golden.pixels.shape },
        inputIds: golden.inputIds.map((row) => [...row]),
      });
      const both = await model.forward(inputs());
      const given = inputs();
      const forward = model.forward(given);
      for (const row of given.inputIds) row.fill(0);
      given.pixelValues.data.fill(9);
      expect(await forward).toEqual(both);
      // In several blocks, of which the later ones are read after the first has run.
      const many = ({ data, shape }: Tensor): Tensor => ({
        data: Float32Array.from({ length: 20 * data.length }, (_, i) => data[i % data.length]!),
        shape: [20 * shape[0]!, shape[1]!],
      });
      const [images, texts] = [many(both.imageEmbeds), many(both.textEmbeds)];
      const scores = await model.scores(images, texts);
      const later = model.scores(images, texts);
      images.data.fill(9);
      texts.data.fill(9);
      expect(await later).toEqual(scores);
    });

    it("may be arrays of another realm, as Jest has them", async () => {
      const foreign = runInNewContext("new Float32Array(length)", {
        length: golden.pixels.data.length,
      }) as Float32Array;
      foreign.set(golden.pixels.data);
      expect(foreign).not.toBeInstanceOf(Float32Array);
      expect(await features(foreign)).toEqual(expected);
    });

    it("of another type are refused, not converted", async () => {
      await expect(features(new Float64Array(copy()) as never)).rejects.toThrow(InputError);
      await expect(features([...copy()] as never)).rejects.toThrow(InputError);
      await expect(features(undefined as never)).rejects.toThrow(InputError);
    });

    it("of scores are refused if there are none, or more than their shape says", async () => {
      const { imageEmbeds: images, textEmbeds: texts } = await model.forward({
        pixelValues: golden.pixels,
        inputIds: golden.inputIds,
      });
      const [, width] = images.shape;
      const none = { data: new Float32Array(0), shape: [0, width!] };
      const fewer = { data: images.data, shape: [1, width! - 1] };
      const longer = { data: new Float32Array([...images.data, 1]), shape: images.shape };
      const say = async (images: unknown, texts: unknown): Promise<string> =>
        model.scores(images as Tensor, texts as Tensor).then(
          () => "nothing",
          (error: unknown) => (error instanceof InputError ? error.message : String(error)),
        );
      expect(await say(none, texts)).toBe("image_batch: expected at least 1, received 0");
      expect(await say(images, none)).toBe("text_batch: expected at least 1, received 0");
      expect(await say(undefined, texts)).toBe("image_batch: expected at least 1, received 0");
      expect(await say(fewer, texts)).toMatch(/^image_features: expected shape \[1, \d+\]/);
      expect(await say(longer, texts)).toBe(
        `image_features: expected ${images.data.length} values, received ${longer.data.length}`,
      );
      expect(await say(images, { ...texts, data: [...texts.data] })).toBe(
        "text_features: expected a Float32Array, received Array",
      );
    });

    it("are left alone, and outputs alias nothing", async () => {
      const data = copy();
      const [first, second] = await Promise.all([features(data), features(data)]);
      expect(data).toEqual(golden.pixels.data);
      first.data.fill(9);
      expect(second).toEqual(expected);
      expect(await features(copy())).toEqual(expected);
    });
  });
