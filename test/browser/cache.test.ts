/** Weights that are kept across visits, in a real browser: counted requests, storage that is full, files that change, tabs side by side. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unbundled } from "./loading-page.ts";
import { checkpoint } from "./page.ts";
import { serve, type Served } from "./serve.ts";

const root = join(import.meta.dirname, "../..");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const required = (process.env.REQUIRE ?? "").split(",").includes("browser");
const weights = `${checkpoint}/model.safetensors`;

describe.skipIf(!existsSync(executablePath) && !required)("kept weights in Chromium (needs /usr/bin/chromium, or CHROMIUM; REQUIRE=browser insists)", { timeout: 120_000 }, () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"] });
    served = await serve(root, { "/": unbundled }, { isolated: false });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    served?.close();
  });

  const { images } = JSON.parse(readFileSync(join(root, checkpoint, "expected.json"), "utf8")) as { images: { file: string; sets: { labels: string[] }[] }[] };
  const { file, sets: [set] } = images[0]!;
  const open = async (context: BrowserContext): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(served.origin);
    await page.waitForFunction("window.ready === true", undefined, { timeout: 20_000 });
    return page;
  };
  const classify = (page: Page, options: object): Promise<Record<string, any>> => page.evaluate(`window.classify(${JSON.stringify(weights)}, ${JSON.stringify(`${checkpoint}/${file}`)}, ${JSON.stringify(set!.labels)}, ${JSON.stringify(options)})`);
  const asked = (): number => served.requests.splice(0).filter((request) => request.includes("model.safetensors")).length;

  it.each([["webgpu", "opfs", false], ["cpu", "cache", false], ["cpu", "opfs", true]] as const)("a second visit leaves the network alone: %s, %s, worker %s", async (backend, store, worker) => {
    const context = await browser.newContext();
    const options = { cached: true, backend, store, worker };
    asked();
    const first = await classify(await open(context), options);
    expect([first.error, first.warnings, asked()]).toEqual([undefined, [], expect.toSatisfy((count: number) => count > 0)]);
    const second = await classify(await open(context), options);
    expect(asked()).toBe(0);
    expect(second.scores).toEqual(first.scores);
    await context.close();
  });
});
