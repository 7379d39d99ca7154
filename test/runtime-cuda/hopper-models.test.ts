/**
 * Models whose heads and patches the Hopper path computes, on the emulated driver: beside the
 * portable path, and the CPU.
 */
import { compile } from "@sigil/compiler";
import { SiglipModel, syntheticWeights, type PixelValues, type Session } from "@sigil/runtime";
import { openCpuSession } from "@sigil/runtime-cpu";
import { loadSpec, specPath, type ModelSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { bars, type Bar } from "../support/bars.ts";
import { emulatedDriver, openEmulated } from "../support/cuda.ts";
import { compareEmbeddings } from "../support/embeddings.ts";
import { needsGxx } from "../support/gxx.ts";

/** A small SigLIP whose towers have two heads of `head` channels. */
function wide(head: number): ModelSpec {
  const spec = loadSpec(specPath("siglip-shapes"));
  const size = {
    hidden_size: 2 * head,
    num_attention_heads: 2,
    num_hidden_layers: 2,
    intermediate_size: 272,
  };
  const text = {
    ...spec.config.text_config!,
    ...size,
    projection_size: 2 * head,
    max_position_embeddings: 20,
  };
  return {
    ...spec,
    storage: "bfloat16",
    batch: { image: 2, text: 2 },
    config: {
      ...spec.config,
      text_config: text,
      vision_config: { ...spec.config.vision_config!, ...size },
    },
  };
}

/** Compares a model's paths, and the CPU in float32, for two pictures and two texts. */
async function expectSamePaths(spec: ModelSpec, pixelValues: PixelValues): Promise<void> {
  const inputs = {
    pixelValues,
    inputIds: [0, 1].map((text) =>
      Array.from({ length: 20 }, (_, i) => (7 * i + 31 * text + 3) % 356),
    ),
  };
  const run = async (session: Session) => {
    const model = new SiglipModel(session);
    const { imageEmbeds, textEmbeds } = await model.forward(inputs);
    await model.dispose();
    return [imageEmbeds.data, textEmbeds.data] as const;
  };
  const { plan, cpu: wasm } = await compile({ ...spec, storage: "float32", targets: ["cpu"] });
  const weights = syntheticWeights(
    Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
    5,
  );
  const cpu = await run(await openCpuSession({ plan, wasm }, weights, { threads: 1 }));
  const [portable, hopper] = [
    await run(await openEmulated(spec, 5, { path: "portable" })),
    await run(await openEmulated(spec, 5, { path: "hopper" })),
  ];
  const expectWithin = (actual: Float32Array, expected: Float32Array, bar: Bar): void => {
    const { worst, cosine } = compareEmbeddings(actual, expected, expected.length / 2);
    expect(worst).toBeLessThan(bar.worst);
    expect(cosine).toBeGreaterThan(bar.cosine);
  };
  cpu.forEach((expected, i) => expectWithin(hopper[i]!, expected, bars.bfloat16));
  // Unit vectors, each rounded to bfloat16 in the same places by other orders of summation: below
  // the project's bar against float32.
  portable.forEach((expected, i) =>
    expectWithin(hopper[i]!, expected, { worst: 1e-2, cosine: 0.9995 }),
  );
}

describe.skipIf(!emulatedDriver)(`the Hopper path ${needsGxx}`, { timeout: 600_000 }, () => {
  // The width that no multiple of wgmma's swizzles fits; the others are held by
  // hopper-attention.test.ts.
  it.each([72])("heads of %i channels", async (head) => {
    const spec = wide(head);
    const { cuda } = await compile({ ...spec, targets: ["cuda"] });
    const used = Object.values(cuda!.sources.hopper).filter((source) =>
      source.includes('"hopper/'),
    );
    expect(
      used.filter((source) => source.includes("attend_warpgroup")).length,
      "attention by wgmma",
    ).toBeGreaterThanOrEqual(2);
    expect(
      used.filter((source) => source.includes("multiply_warpgroup")).length,
      "Gemm by wgmma",
    ).toBeGreaterThanOrEqual(8);
    const size = spec.config.vision_config!.image_size;
    await expectSamePaths(spec, {
      data: Float32Array.from({ length: 2 * 3 * size * size }, (_, i) => Math.sin(0.37 * i)),
      shape: [2, 3, size, size],
    });
  });

  it("weights of codes", async () => {
    const spec: ModelSpec = {
      ...wide(64),
      quantize: [
        { pattern: "*.mlp.*", storage: { bits: 8 } },
        { pattern: "*.layers.0.*", storage: { bits: 4, group: 32 } },
        { pattern: "*.layers.*", storage: { bits: 4, block: 64, book: "nf4" } },
      ],
    };
    const { cuda } = await compile({ ...spec, targets: ["cuda"] });
    const unpacking = Object.values(cuda!.sources.hopper).filter((source) =>
      source.includes("UnpackedColumns"),
    );
    expect(unpacking.length, "Gemm by wgmma of codes").toBeGreaterThanOrEqual(6);
    const size = spec.config.vision_config!.image_size;
    await expectSamePaths(spec, {
      data: Float32Array.from({ length: 2 * 3 * size * size }, (_, i) => Math.sin(0.37 * i)),
      shape: [2, 3, size, size],
    });
  });

  // Two pictures of 9 patches: depths of 588 in rows of 592, lines of 14 pixels of 4 bytes and of
  // 42 bytes.
  it.each(["float32", "uint8"] as const)("patches of 14 of %s", async (dtype) => {
    const plain = wide(64);
    const vision = { ...plain.config.vision_config!, patch_size: 14, image_size: 42 };
    const spec: ModelSpec = {
      ...plain,
      config: { ...plain.config, vision_config: vision },
      ...(dtype === "uint8" && {
        pixels: {
          dtype,
          rescaleFactor: 1 / 255,
          imageMean: [0.5, 0.4, 0.3],
          imageStd: [0.2, 0.5, 0.9],
        },
      }),
    };
    const { cuda } = await compile({ ...spec, targets: ["cuda"] });
    const { launches, weights } = cuda!.plan.programs.find(({ name }) => name === "siglip-vision")!;
    const embedding = launches.find(({ origins }) =>
      origins.some((origin) => origin.includes("patch_embedding")),
    )!;
    expect(cuda!.sources.hopper[embedding.kernel]).toContain(
      dtype === "uint8"
        ? "GatheredRows<BytePatches<3, 42, 42, 14, 3, 3, 2>>"
        : "GatheredRows<Patches<float, 3, 42, 42, 14, 3, 3, 2>>",
    );
    expect(weights.find(({ offset }) => offset === embedding.operands[1]!.offset)).toMatchObject({
      columns: 588,
      bytes: 128 * 592 * 2,
      layout: { kind: "panels", columns: 592 },
    });
    const count = 2 * 42 * 42 * 3;
    await expectSamePaths(
      spec,
      dtype === "uint8"
        ? {
            data: Uint8Array.from({ length: count }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24),
            shape: [2, 42, 42, 3],
          }
        : {
            data: Float32Array.from({ length: count }, (_, i) => Math.sin(0.37 * i)),
            shape: [2, 3, 42, 42],
          },
    );
  });
});
