/**
 * The page that the browser tests drive, unbundled: modules as they are built, found by an import
 * map.
 */

/** Where the pages find a checkpoint. */
export const checkpoint = "/test/fixtures/checkpoints/siglip-shapes";

/** Finds the packages as they are built. */
export const importMap =
  `<script type="importmap">{"imports": {"@sigil/spec/shared": "/spec/dist/shared.js", ` +
  `"@sigil/runtime": "/runtime/dist/index.js", "@sigil/runtime/internal": ` +
  `"/runtime/dist/internal.js", "@sigil/runtime-cpu": "/runtime-cpu/dist/index.js", ` +
  `"@sigil/runtime-webgpu": "/runtime-webgpu/dist/index.js"}}</script>`;

/** A page with `classify` and `resized` on its window, and `ready` when they are there. */
export const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
${importMap}
<script type="module">
  import {
    decodeImageBlob,
    openSafetensors,
    resize,
    SiglipImageProcessor,
    SiglipTokenizer,
    urlSource,
    ZeroShotImageClassification,
  } from "@sigil/runtime/internal";
  import { SiglipShapes } from "/generated/siglip-shapes/index.js";
  const get = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  window.devices = [];
  const { requestDevice } = globalThis.GPUAdapter?.prototype ?? {};
  if (requestDevice)
    GPUAdapter.prototype.requestDevice = async function (...options) {
      window.devices.push(await requestDevice.apply(this, options));
      return window.devices.at(-1);
    };
  window.classify = async (picture, labels, options, lose = false) => {
    const progress = [];
    const choices = [];
    window.devices = [];
    const weights = await openSafetensors(await urlSource("${checkpoint}/model.safetensors"));
    const model = await SiglipShapes.load(weights, {
      onProgress: ({ loadedBytes, totalBytes }) => progress.push(loadedBytes / totalBytes),
      onBackend: (choice) => choices.push(choice),
      ...options,
    });
    const tokenizer = SiglipTokenizer.fromSpiece(
      await get("${checkpoint}/spiece.model"),
      await (await fetch("${checkpoint}/tokenizer_config.json")).json(),
    );
    const processor = SiglipImageProcessor.fromConfig(
      await (await fetch("${checkpoint}/preprocessor_config.json")).json(),
    );
    const image = await decodeImageBlob(await (await fetch(picture)).blob());
    const { pixelValues, shape } = processor.preprocess([image]);
    if (lose) {
      await model.getImageFeatures({ pixelValues: { data: pixelValues, shape } });
      const device = window.devices.at(-1);
      device.destroy();
      await device.lost;
    }
    const [scores] = await new ZeroShotImageClassification(
      model,
      tokenizer,
      SiglipShapes.textLength,
    ).classify({ data: pixelValues, shape }, labels);
    const used = (await model.session.load(model.session.plan.programs[0])).threads;
    await model.dispose();
    return {
      scores,
      progress: progress.at(-1),
      threads: used,
      choices,
      devices: window.devices.length,
      isolated: crossOriginIsolated,
    };
  };
  window.resized = async (picture, height, width, filter) => {
    const image = await decodeImageBlob(await (await fetch(picture)).blob());
    const [{ data }] = new SiglipImageProcessor({
      size: { height, width },
      resample: filter,
    }).resize([image]);
    return Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", data)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
  };
  window.ready = true;
</script>`;
