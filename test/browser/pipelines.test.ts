/** A pipeline of a page without the compiler: a compiled module and the address of a checkpoint. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { expect, it } from "vitest";
import { importMap } from "./import-map.ts";
import { requires } from "../support/require.ts";
import { checkpoint } from "./page.ts";
import { serve } from "./serve.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
${importMap}
<script type="module">
  import {
    zeroShotImageClassification,
    imageFeatures,
    textFeatures,
  } from "@sigil/runtime/pipelines";
  import { SiglipShapes } from "/generated/siglip-shapes/index.js";
  window.run = async () => {
    const classify = await zeroShotImageClassification(SiglipShapes, "${checkpoint}", {
      backend: "cpu",
    });
    const picture = "${checkpoint}/samples/red-circle.png";
    const blob = await (await fetch(picture)).blob();
    const all = await classify(
      [picture, new URL(picture, location), blob],
      ["a red circle", "a blue square"],
    );
    await classify.dispose();
    const [images, texts] = [
      await imageFeatures(SiglipShapes, "${checkpoint}/", { backend: "cpu" }),
      await textFeatures(SiglipShapes, "${checkpoint}", { backend: "cpu", cache: false }),
    ];
    const shapes = [(await images(blob)).shape, (await texts(["a", "b"])).shape];
    const missing = await images("/nothing.png").catch(({ name, message }) => [name, message]);
    await images.dispose();
    const nowhere = await imageFeatures(SiglipShapes, "/nowhere").catch(({ name }) => name);
    return { scores: all.map(([{ score }]) => score), shapes, missing, nowhere };
  };
  window.ready = true;
</script>`;

it.skipIf(!existsSync(executablePath) && !requires("browser"))(
  "classifies as transformers does (needs /usr/bin/chromium, or CHROMIUM; REQUIRE=browser insists)",
  { timeout: 60_000 },
  async () => {
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    const served = await serve(
      join(import.meta.dirname, "../.."),
      { "/": page },
      { isolated: false },
    );
    try {
      const tab = await browser.newPage();
      await tab.goto(served.origin);
      await tab.waitForFunction("window.ready === true");
      const found = (await tab.evaluate("window.run()")) as Record<string, any>;
      expect(found.scores).toHaveLength(3);
      // The fixture keeps seven digits.
      for (const score of found.scores) expect(score).toBeCloseTo(0.3717612, 5);
      expect(found).toMatchObject({
        shapes: [
          [1, 128],
          [2, 128],
        ],
        missing: ["ImageError", expect.stringMatching(/expected a picture, received status 404/)],
        nowhere: "WeightsError",
      });
    } finally {
      await browser.close();
      served.close();
    }
  },
);
