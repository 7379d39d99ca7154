/**
 * Weights that are kept across visits, in a real browser: counted requests, storage that is full,
 * files that change, tabs side by side.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import type { CachedFile } from "@sigil/runtime";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { breakAfter, fileServer, type FileServer } from "../runtime/weights/file-server.ts";
import { unbundled } from "./loading-page.ts";
import { checkpoint } from "./page.ts";
import { serve, type Served } from "./serve.ts";
import { requires } from "../support/require.ts";

const root = join(import.meta.dirname, "../..");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const required = requires("browser");
const weights = `${checkpoint}/model.safetensors`;

describe.skipIf(!existsSync(executablePath) && !required)(
  "kept weights in Chromium (needs /usr/bin/chromium, or CHROMIUM; REQUIRE=browser insists)",
  { timeout: 120_000 },
  () => {
    let browser: Browser;
    let served: Served;
    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath,
        args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
      });
      served = await serve(root, { "/": unbundled }, { isolated: false });
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      served?.close();
    });

    const { images } = JSON.parse(
      readFileSync(join(root, checkpoint, "expected.json"), "utf8"),
    ) as { images: { file: string; sets: { labels: string[] }[] }[] };
    const {
      file,
      sets: [set],
    } = images[0]!;
    const open = async (context: BrowserContext): Promise<Page> => {
      const page = await context.newPage();
      await page.goto(served.origin);
      await page.waitForFunction("window.ready === true", undefined, { timeout: 20_000 });
      return page;
    };
    const classify = (page: Page, options: object, url = weights): Promise<Record<string, any>> =>
      page.evaluate(
        `window.classify(${JSON.stringify(url)}, ${JSON.stringify(`${checkpoint}/${file}`)}, ` +
          `${JSON.stringify(set!.labels)}, ${JSON.stringify(options)})`,
      );
    const asked = (): number =>
      served.requests.splice(0).filter((request) => request.includes("model.safetensors")).length;

    it.each([
      ["webgpu", "opfs", false],
      ["cpu", "cache", false],
      ["cpu", "opfs", true],
    ] as const)(
      "a second visit leaves the network alone: %s, %s, worker %s",
      async (backend, store, worker) => {
        const context = await browser.newContext();
        const options = { cached: true, backend, store, worker };
        asked();
        const first = await classify(await open(context), options);
        expect([first.error, first.warnings, asked()]).toEqual([
          undefined,
          [],
          expect.toSatisfy((count: number) => count > 0),
        ]);
        const second = await classify(await open(context), options);
        expect(asked()).toBe(0);
        expect(second.scores).toEqual(first.scores);
        await context.close();
      },
    );

    describe("from a server of another origin", () => {
      let server: FileServer;
      let context: BrowserContext;
      beforeEach(async () => {
        server = await fileServer(readFileSync(join(root, weights)));
        context = await browser.newContext();
      });
      afterEach(async () => {
        server.close();
        await context.close();
      });
      const load = (page: Page, options: object = {}) =>
        classify(page, { cached: true, backend: "cpu", ...options }, server.url);
      const requests = (): number => server.ranges.splice(0).length;

      it("is kept alike, listed and cleared", async () => {
        const page = await open(context);
        const { scores, error } = await load(page);
        expect([error, requests() > 0]).toEqual([undefined, true]);
        const [kept] = (await page.evaluate("window.kept()")) as CachedFile[];
        expect(kept).toMatchObject({ url: server.url, size: server.bytes.length });
        expect(kept!.storedBytes).toBeLessThanOrEqual(server.bytes.length);
        expect([(await load(page)).scores, requests()]).toEqual([scores, 0]);
        await page.evaluate("window.clear()");
        expect(await page.evaluate("window.kept()")).toEqual([]);
        await load(page);
        expect(requests()).toBeGreaterThan(0);
      });

      it.each(["opfs", "cache"])(
        "loads without being kept where storage is full, and says so: %s",
        async (store) => {
          const page = await open(context);
          await (await context.newCDPSession(page)).send("Storage.overrideQuotaForOrigin", {
            origin: served.origin,
            quotaSize: 300_000,
          });
          const { scores, error, warnings } = await load(page, { store });
          expect(error).toBeUndefined();
          expect(warnings).toEqual([
            { code: "not-cached", message: expect.stringMatching(/quota (is )?exceeded/) },
          ]);
          expect(scores).toEqual((await load(page, { cached: false })).scores);
        },
      );

      it("goes on at the next visit where this one broke off", async () => {
        const page = await open(context);
        // The vision tower lies behind the text tower, and is loaded before it.
        server.instead = (_, response, first, last) =>
          first > 0 && first < 1_000_000 && breakAfter(server, response, first, last, 10);
        expect(await load(page)).toMatchObject({
          error: {
            name: "WeightsError",
            isError: true,
            message: expect.stringMatching(/broke off/),
          },
        });
        server.instead = undefined;
        await page.close();
        const vision = ([first]: [number, number]): boolean => first > 1_500_000;
        expect(server.ranges.splice(0).some(vision)).toBe(true);
        const again = await open(context);
        expect((await load(again)).error).toBeUndefined();
        expect([server.ranges.some(vision), server.ranges.length > 0]).toEqual([false, true]);
      });

      it("is verified, and nothing is kept of a file that differs", async () => {
        const page = await open(context);
        const sha256 = createHash("sha256").update(server.bytes).digest("hex");
        const whole = server.bytes;
        server.bytes = Uint8Array.from(whole);
        server.bytes[whole.length - 3]! ^= 4;
        expect(await load(page, { sha256 })).toMatchObject({
          error: { name: "WeightsError", message: expect.stringMatching(/SHA-256 differs/) },
        });
        expect(await page.evaluate("window.kept()")).toEqual([]);
        server.bytes = whole;
        expect((await load(page, { sha256 })).error).toBeUndefined();
        requests();
        expect((await load(page, { sha256 })).error).toBeUndefined();
        expect([requests(), await page.evaluate("window.kept()")]).toEqual([
          0,
          [{ url: server.url, size: whole.length, storedBytes: whole.length, sha256 }],
        ]);
      });

      it("is found changed by those who ask, with one request", async () => {
        const page = await open(context);
        await load(page);
        requests();
        await load(page, { revalidate: true });
        expect(requests()).toBe(1);
        server.etag = '"2"';
        expect((await load(page, { revalidate: true })).error).toBeUndefined();
        expect(requests()).toBeGreaterThan(1);
        expect(await page.evaluate("window.kept()")).toHaveLength(1);
      });

      it("is whole in tabs that load at the same time", async () => {
        const pages = await Promise.all([open(context), open(context), open(context)]);
        const results = await Promise.all(pages.map((page) => load(page)));
        for (const { error, warnings, scores } of results)
          expect([error, warnings, scores]).toEqual([undefined, [], results[0]!.scores]);
        requests();
        expect([(await load(pages[0]!)).scores, requests()]).toEqual([results[0]!.scores, 0]);
      });

      it("is kept whole where the server knows no ranges", async () => {
        const page = await open(context);
        server.instead = (_, response) => !!response.end(server.bytes);
        expect((await load(page)).warnings).toEqual([
          { code: "no-range", message: expect.stringMatching(/whole file/) },
        ]);
        expect(requests()).toBe(1);
        expect([(await load(page)).warnings, requests()]).toEqual([[], 0]);
      });
    });
  },
);
