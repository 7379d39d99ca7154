import { ModelProcessor, SiglipModel, type RawImage, type Tensor } from "@sigil/runtime";
import { openCheckpoint } from "@sigil/runtime/node";
import * as cpu from "@sigil/runtime-cpu";
import * as cuda from "@sigil/runtime-cuda";
import * as webgpu from "@sigil/runtime-webgpu";
import * as pictures from "@sigil/runtime-webgpu/pictures";
import * as spec from "@sigil/spec";
import { SiglipShapes, type SiglipShapesProcessor } from "./generated/index.js";

export const all = [SiglipModel, cpu, cuda, webgpu, pictures, spec];

export async function features(data: Float32Array): Promise<Tensor<readonly [number, 128]>> {
  const { weights } = await openCheckpoint("model");
  const model = await SiglipShapes.load(weights, { backend: "cpu", threads: 1 });
  // @ts-expect-error 65 is not 64
  void model.getImageFeatures({ pixelValues: { data, shape: [1, 3, 64, 65] } });
  return model.getImageFeatures({ pixelValues: { data, shape: [1, 3, 64, 64] } });
}

export async function classify(picture: RawImage): Promise<Tensor> {
  const checkpoint = await openCheckpoint("model");
  const processor: SiglipShapesProcessor = new ModelProcessor(SiglipShapes, checkpoint);
  const model = await SiglipShapes.load(checkpoint.weights);
  const inputs = { ...processor.images([picture]), ...processor.texts(["a red circle"]) };
  return (await model.forward(inputs)).logitsPerImage;
}
