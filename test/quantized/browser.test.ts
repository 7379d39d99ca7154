/** A page with a quantised model: the module that its folder compiles to, here and in a worker. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { artifactFiles, compile, writeFiles } from "@sigil/compiler";
import { loadSpec } from "@sigil/spec";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importMap } from "../browser/import-map.ts";
import { script } from "../browser/loading-page.ts";
import { checkpoint } from "../browser/page.ts";
import { serve, type Served } from "../browser/serve.ts";
import { requires } from "../support/require.ts";

const root = join(import.meta.dirname, "../..");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

describe.skipIf(!existsSync(executablePath) && !requires("browser"))(
  "a quantised model in Chromium (needs /usr/bin/chromium, or CHROMIUM; REQUIRE=browser insists)",
  { timeout: 120_000 },
  () => {
    let browser: Browser;
    let served: Served;
    let folder: string;
    let quantised: string;
    beforeAll(async () => {
      // Inside the repository, which the page is served from.
      mkdirSync(join(root, "build"), { recursive: true });
      folder = mkdtempSync(join(root, "build/quantised-"));
      const out = join(folder, "int4");
      const { status, stderr } = spawnSync(
        "node",
        [
          join(root, "cli/bin/sigil.js"),
          ...["quantize", join(root, checkpoint), "--to", "int4", "--out", out, "--no-measure"],
        ],
        { encoding: "utf8" },
      );
      expect(status, stderr).toBe(0);
      const spec = { ...loadSpec(out), name: "siglip-shapes" };
      writeFiles(join(folder, "module"), artifactFiles(await compile(spec)));
      quantised = `/${relative(root, out)}`;
      const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
${importMap}
<script type="module">${script(`/${relative(root, folder)}/module/index.js`)}</script>`;
      served = await serve(root, { "/": page }, { isolated: false });
      browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      served?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it.each([false, true])("classifies, in a worker: %s", async (worker) => {
      const tab = await browser.newPage();
      const errors: string[] = [];
      tab.on("pageerror", (error) => errors.push(String(error)));
      await tab.goto(served.origin);
      await tab
        .waitForFunction("window.ready === true", undefined, { timeout: 30_000 })
        .catch(() => expect.fail(errors.join("\n")));
      const result = (await tab.evaluate(
        `window.classify("${quantised}/model.safetensors", ` +
          `"${checkpoint}/samples/red-circle.png", ["a blue square", "a red circle"], ` +
          `${JSON.stringify({ backend: "cpu", worker })})`,
      )) as { scores?: { label: string; score: number }[]; progress?: number };
      expect(result.scores, JSON.stringify(result)).toBeDefined();
      expect(result.progress).toBe(1);
      const score = (label: string): number =>
        result.scores!.find((one) => one.label === label)!.score;
      expect(score("a red circle")).toBeGreaterThan(10 * score("a blue square"));
      await tab.close();
    });
  },
);
