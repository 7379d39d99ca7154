/**
 * A NaFlex module in a real browser: pictures of several aspect ratios, classified and embedded.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { artifactFiles, compile, writeFiles } from "@sigil/compiler";
import {
  ModelProcessor,
  Siglip2Model,
  ZeroShotImageClassification,
  type Siglip2VisionInputs,
} from "@sigil/runtime/internal";
import { decodeImage, openCheckpoint } from "@sigil/runtime/node";
import { openCpuSession } from "@sigil/runtime-cpu";
import { loadSpec } from "@sigil/spec";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scaledError } from "../support/golden-cases.ts";
import { writeNaflexCheckpoint } from "../support/naflex-checkpoint.ts";
import { requires } from "../support/require.ts";
import { importMap } from "./page.ts";
import { serve, type Served } from "./serve.ts";

const root = join(import.meta.dirname, "../..");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const pictures = [
  "test/fixtures/checkpoints/siglip-shapes/samples/black-ring.png",
  "test/fixtures/images/source/png-scene-640x480.png",
];
const labels = ["a black ring", "a purple diamond", "an orange cross"];
interface Answers {
  readonly scores: readonly (readonly { readonly label: string; readonly score: number }[])[];
  readonly embeddings: readonly number[];
}

const page = (folder: string): string => `<!doctype html><meta charset="utf-8">
<link rel="icon" href="data:,">${importMap}
<script type="module">
  import {
    decodeImageBlob,
    ModelProcessor,
    openSafetensors,
    Siglip2ImageProcessor,
    SiglipTokenizer,
    urlSource,
    ZeroShotImageClassification,
  } from "@sigil/runtime";
  import { Naflex } from "${folder}/module/index.js";
  const of = (name) => fetch("${folder}/checkpoint/" + name);
  window.answers = async (backend, files) => {
    const model = await Naflex.load(
      await openSafetensors(await urlSource("${folder}/checkpoint/model.safetensors")),
      { backend },
    );
    const tokenizer = SiglipTokenizer.fromSpiece(
      new Uint8Array(await (await of("spiece.model")).arrayBuffer()),
      await (await of("tokenizer_config.json")).json(),
    );
    const imageProcessor = Siglip2ImageProcessor.fromConfig(
      await (await of("preprocessor_config.json")).json(),
    );
    const processor = new ModelProcessor(Naflex, { imageProcessor, tokenizer });
    const inputs = processor.images(
      await Promise.all(
        files.map(async (file) => decodeImageBlob(await (await fetch("/" + file)).blob())),
      ),
    );
    const scores = await new ZeroShotImageClassification(
      model,
      tokenizer,
      Naflex.textLength,
    ).classify(inputs, ${JSON.stringify(labels)});
    const { data } = await model.getImageFeatures(inputs);
    await model.dispose();
    return { scores, embeddings: Array.from(data) };
  };
  window.ready = true;
</script>`;

describe.skipIf(!existsSync(executablePath) && !requires("browser"))(
  "NaFlex in Chromium (needs /usr/bin/chromium, or CHROMIUM; REQUIRE=browser insists)",
  { timeout: 120_000 },
  () => {
    let [browser, served]: [Browser?, Served?] = [];
    let folder: string;
    let expected: Answers;
    beforeAll(async () => {
      // Where the page finds it.
      mkdirSync(join(root, "build"), { recursive: true });
      folder = mkdtempSync(join(root, "build/naflex-"));
      const checkpoint = join(folder, "checkpoint");
      await writeNaflexCheckpoint(checkpoint);
      const opened = await openCheckpoint(checkpoint);
      const spec = loadSpec(checkpoint);
      const compiled = await compile({ ...spec, name: "naflex", targets: ["cpu", "webgpu"] });
      writeFiles(join(folder, "module"), artifactFiles(compiled));
      const { plan, cpu } = compiled;
      const model = new Siglip2Model(
        await openCpuSession({ plan, wasm: cpu }, opened.weights, { threads: 1 }),
      );
      const processor = new ModelProcessor<Siglip2VisionInputs>({}, opened);
      const decoded = pictures.map((file) => decodeImage(readFileSync(join(root, file))));
      const inputs = processor.images(await Promise.all(decoded));
      const classifier = new ZeroShotImageClassification(model, opened.tokenizer(), 16);
      expected = {
        scores: await classifier.classify(inputs, labels),
        embeddings: [...(await model.getImageFeatures(inputs)).data],
      };
      await model.dispose();
      await opened.close();
      browser = await chromium.launch({
        executablePath,
        args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
      });
      served = await serve(root, { "/": page(`/${relative(root, folder)}`) }, { isolated: false });
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      served?.close();
      rmSync(folder, { recursive: true });
    });

    it.each([
      ["cpu", 1e-5],
      // WGSL's `exp` is only good to a few ulp.
      ["webgpu", 2e-5],
    ] as const)("pictures are classified and embedded on %s as in Node", async (backend, bar) => {
      const tab = await browser!.newPage();
      const errors: string[] = [];
      tab.on("pageerror", (error) => errors.push(String(error)));
      await tab.goto(served!.origin);
      await tab
        .waitForFunction("window.ready === true", undefined, { timeout: 20_000 })
        .catch(() => expect.fail(errors.join("\n")));
      const { scores, embeddings } = (await tab.evaluate(
        `window.answers("${backend}", ${JSON.stringify(pictures)})`,
      )) as Answers;
      expect(scaledError(embeddings, expected.embeddings)).toBeLessThan(bar);
      expect(scores[0]![0]!.label).toBe("a black ring");
      for (const [i, all] of scores.entries())
        for (const { label, score } of all) {
          const other = expected.scores[i]!.find((one) => one.label === label)!;
          // Of cosines times a scale of about a hundred.
          expect(Math.abs(score - other.score)).toBeLessThan(1e-4);
        }
      expect(errors).toEqual([]);
      await tab.close();
    });
  },
);
