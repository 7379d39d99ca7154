/**
 * The page that the loading tests drive: a generated module, its weights from anywhere, on this
 * thread or in a worker.
 */
import { importMap } from "./import-map.ts";
import { checkpoint } from "./page.ts";

/**
 * A script that puts `open`, `classify`, `kept` and the like on the window. Where the packages and
 * the generated module are is the page's to say.
 */
export const script = (generated: string): string => `
import {
  cacheApiStore,
  cachedFiles,
  cachedSource,
  clearCached,
  decodeImageBlob,
  openSafetensors,
  opfsStore,
  SiglipImageProcessor,
  SiglipTokenizer,
  urlSource,
  ZeroShotImageClassification,
} from "@sigil/runtime/internal";
import { SiglipShapes } from "${generated}";
const get = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
const stores = { opfs: opfsStore, cache: cacheApiStore };
const plain = (error) => ({
  error: {
    name: error.name,
    message: error.message,
    code: error.code,
    received: error.received,
    isError: error instanceof Error,
  },
});
window.open_ = async (url, { cached, revalidate, store, abortAfter, sha256, ...options } = {}) => {
  const warnings = [],
    progress = [],
    choices = [],
    pipelines = [];
  const onWarning = ({ code, message }) => warnings.push({ code, message });
  const abort = new AbortController();
  const source = urlSource(url, { onWarning, backoff: 10 });
  const bytes = cached
    ? cachedSource(source, {
        onWarning,
        ...(revalidate && { revalidate }),
        ...(store && { store: stores[store]() }),
      })
    : source;
  const weights = await openSafetensors(bytes);
  if (sha256) await bytes.verify(sha256);
  const onProgress = ({ loadedBytes, totalBytes }) => {
    progress.push(loadedBytes / totalBytes);
    if (abortAfter !== undefined && progress.at(-1) >= abortAfter)
      abort.abort(new DOMException("enough", "AbortError"));
  };
  const model = await SiglipShapes.load(weights, {
    signal: abort.signal,
    onProgress,
    onBackend: (choice) => choices.push(choice),
    onPipeline: (done) => pipelines.push(done),
    ...options,
  });
  return { model, weights, warnings, progress, choices, pipelines };
};
window.classify = async (url, picture, labels, options) => {
  try {
    const { model, weights, warnings, progress, choices, pipelines } = await window.open_(
      url,
      options,
    );
    const tokenizer = SiglipTokenizer.fromSpiece(
      await get("${checkpoint}/spiece.model"),
      await (await fetch("${checkpoint}/tokenizer_config.json")).json(),
    );
    const processor = SiglipImageProcessor.fromConfig(
      await (await fetch("${checkpoint}/preprocessor_config.json")).json(),
    );
    const { pixelValues, shape } = processor.preprocess([
      await decodeImageBlob(await (await fetch(picture)).blob()),
    ]);
    const [scores] = await new ZeroShotImageClassification(
      model,
      tokenizer,
      SiglipShapes.textLength,
    ).classify({ data: pixelValues, shape }, labels);
    const kind = (await model.session.adapter?.())?.kind;
    const tooLarge = await model.session
      .run(
        model.session.plan.programs[0],
        { pixel_values: { data: new Float32Array(1), shape: [1] } },
        { image_batch: 1 },
      )
      .catch(plain);
    await model.dispose();
    await weights.close();
    return {
      scores,
      warnings,
      progress: progress.at(-1),
      steps: progress.length,
      choices,
      pipelines: pipelines.length,
      backend: model.session.backend,
      kind,
      untouched: pixelValues.length,
      tooLarge,
    };
  } catch (error) {
    return plain(error);
  }
};
window.kept = () => cachedFiles();
window.clear = () => clearCached();
window.workers = 0;
const { Worker } = window;
window.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    window.workers++;
  }
};
window.ready = true;
`;

/** Unbundled: modules as they are built, found by an import map. */
export const unbundled = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
${importMap}
<script type="module">${script("/generated/siglip-shapes/index.js")}</script>`;
