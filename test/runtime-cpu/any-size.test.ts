/** Position tables resampled while running: pictures of any size in one compiled module. */
import { compile } from "@sigil/compiler";
import {
  InputError,
  SiglipForImageClassification,
  SiglipModel,
  syntheticWeights,
  uniform,
  type Session,
  type Tensor,
} from "@sigil/runtime/internal";
import { openCpuSession } from "@sigil/runtime-cpu";
import { describe, expect, it } from "vitest";
import { goldenCase, scaledError } from "../support/golden-cases.ts";

const anySize = { interpolate_pos_encoding: "run-time" };

async function open(name: string, overrides: object): Promise<Session> {
  const { spec, seed } = await goldenCase(name, { ...overrides });
  const { plan, cpu } = await compile(spec);
  return openCpuSession(
    { plan, wasm: cpu },
    syntheticWeights(
      Object.entries(plan.tensors).map(([tensor, shape]) => ({ name: tensor, shape })),
      seed,
    ),
  );
}

const picture = (height: number, width: number, batch = 1): Tensor => ({
  data: uniform("any-size", batch * 3 * height * width, 7),
  shape: [batch, 3, height, width],
});

/** Padding is hidden by an exact zero weight; only the order of float32 sums differs. */
const tolerance = 2e-6;

describe("a module for any size up to the planned one", () => {
  it("computes what transformers computes, padding and all", async () => {
    const golden = await goldenCase("tiny-interpolate");
    const model = new SiglipModel(
      await open("tiny-interpolate", { ...anySize, image_size: { height: 80, width: 80 } }),
    );
    const output = await model.forward({
      pixelValues: golden.pixels,
      inputIds: golden.inputIds,
      interpolatePosEncoding: true,
    });
    const vision = output.visionModelOutput as unknown as {
      hiddenStates: Tensor[];
      attentions: Tensor[];
      lastHiddenState: Tensor;
    };
    const compared: [string, Tensor][] = [
      ["image_embeds", output.imageEmbeds],
      ["vision_model_output.last_hidden_state", vision.lastHiddenState],
      ...vision.hiddenStates.map((tensor, i): [string, Tensor] => [
        `vision_model_output.hidden_states.${i}`,
        tensor,
      ]),
      ...vision.attentions.map((tensor, i): [string, Tensor] => [
        `vision_model_output.attentions.${i}`,
        tensor,
      ]),
    ];
    for (const [key, { data, shape }] of compared) {
      expect(shape, key).toEqual(golden.outputs.tensors.get(key)!.shape);
      // float32 against float32, as in the CPU backend's goldens.
      expect(scaledError(data, await golden.outputs.readFloat32(key)), key).toBeLessThan(1e-5);
    }
    await model.dispose();
  });

  it("agrees with a module compiled for each size", async () => {
    const dynamic = new SiglipModel(
      await open("tiny", {
        ...anySize,
        image_size: { height: 64, width: 64 },
        hidden_states: false,
        attentions: false,
      }),
    );
    for (const [height, width] of [
      [32, 32],
      [8, 64],
      [37, 61],
      [64, 64],
    ] as const) {
      const fixed = new SiglipModel(
        await open("tiny", {
          interpolate_pos_encoding: true,
          image_size: { height, width },
          hidden_states: false,
          attentions: false,
        }),
      );
      const [a, b] = [
        await dynamic.getImageFeatures({
          pixelValues: picture(height, width, 5),
          interpolatePosEncoding: true,
        }),
        await fixed.getImageFeatures({ pixelValues: picture(height, width, 5) }),
      ];
      expect(a.shape).toEqual([5, 64]);
      expect(scaledError(a.data, b.data), `${height}x${width}`).toBeLessThan(tolerance);
      await fixed.dispose();
    }
    await dynamic.dispose();
  });

  it("classifies by the mean over real patches", async () => {
    const dynamic = new SiglipForImageClassification(
      await open("tiny-classify-single", { ...anySize, image_size: { height: 48, width: 48 } }),
    );
    const fixed = new SiglipForImageClassification(
      await open("tiny-classify-single", {
        interpolate_pos_encoding: true,
        image_size: { height: 24, width: 40 },
      }),
    );
    const [a, b] = [
      await dynamic.forward({ pixelValues: picture(24, 40), interpolatePosEncoding: true }),
      await fixed.forward({ pixelValues: picture(24, 40) }),
    ];
    expect(scaledError(a.logits.data, b.logits.data)).toBeLessThan(tolerance);
    await dynamic.dispose();
    await fixed.dispose();
  });

  it("asks for the option, and refuses what it was not compiled for", async () => {
    const model = new SiglipModel(
      await open("tiny", { ...anySize, image_size: { height: 40, width: 40 } }),
    );
    const run = (height: number, width: number, interpolatePosEncoding?: boolean) =>
      model.getImageFeatures({
        pixelValues: picture(height, width),
        ...(interpolatePosEncoding !== undefined && { interpolatePosEncoding }),
      });
    await expect(run(32, 32)).resolves.toMatchObject({ shape: [1, 64] });
    await expect(run(40, 40)).rejects.toThrow("set interpolatePosEncoding");
    await expect(run(48, 48, true)).rejects.toThrow(
      "48x48 pixels have 36 patches, but the model was compiled for at most 25",
    );
    await expect(run(7, 40, true)).rejects.toThrow("holds no patch of 8x8");
    await expect(run(40, 40, true)).resolves.toMatchObject({ shape: [1, 64] });
    const fixed = new SiglipModel(await open("tiny", {}));
    await expect(
      fixed.getImageFeatures({ pixelValues: picture(40, 40), interpolatePosEncoding: true }),
    ).rejects.toThrow(InputError);
    // Passes silently in transformers: as many patches, another shape.
    await expect(fixed.getImageFeatures({ pixelValues: picture(16, 64) })).rejects.toThrow(
      "interpolate_pos_encoding",
    );
    await expect(fixed.getImageFeatures({ pixelValues: picture(38, 38) })).rejects.toThrow(
      "expected 32x32 pixels, received 38x38",
    );
    await model.dispose();
    await fixed.dispose();
  });
});
