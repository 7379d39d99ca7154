/** What becomes of runs when their session is disposed, on every backend. */
import { DisposedError, SiglipModel, type Tensor } from "@sigil/runtime";
import { beforeAll, describe, expect, it } from "vitest";
import { everyBackend } from "../../support/every-backend.ts";
import { goldenCase, type GoldenCase } from "../../support/golden-cases.ts";

for (const { name, here, open } of everyBackend)
  describe.skipIf(!here)(`a session on ${name}`, { timeout: 300_000 }, () => {
    let golden: GoldenCase;
    beforeAll(async () => {
      golden = await goldenCase("tiny");
    });
    const features = (model: SiglipModel, copies = 1): Promise<Tensor> => {
      const { data, shape } = golden.pixels;
      return model.getImageFeatures({
        pixelValues: {
          data: Float32Array.from(
            { length: copies * data.length },
            (_, i) => data[i % data.length]!,
          ),
          shape: [copies * shape[0]!, ...shape.slice(1)],
        },
      });
    };

    it("ends its runs, split batches and first ones too, before it is disposed", async () => {
      const loaded = new SiglipModel(await open(golden));
      const expected = await features(loaded);
      const runs = [features(loaded), features(loaded, 20)];
      await loaded.dispose();
      expect(await runs[0]).toEqual(expected);
      expect((await runs[1])!.shape[0]).toBe(20 * golden.pixels.shape[0]!);

      const lazy = new SiglipModel(await open(golden, { lazy: true }));
      const first = features(lazy);
      await lazy.dispose();
      expect(await first).toEqual(expected);
    });

    it("may be disposed twice, at once or later, and refuses to run afterwards", async () => {
      const model = new SiglipModel(await open(golden));
      await Promise.all([model.dispose(), model.dispose()]);
      await model.dispose();
      await expect(features(model)).rejects.toThrow(DisposedError);
      await expect(model.session.load(model.session.plan.programs[0]!)).rejects.toMatchObject({
        name: "DisposedError",
        code: "disposed",
      });
      await model.dispose();
    });
  });
