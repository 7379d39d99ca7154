/**
 * The packages and a generated module in the toolchains that apps are made with: each installed,
 * run, and compared with transformers.
 */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve, type Served } from "../browser/serve.ts";
import { requires } from "../support/require.ts";
import { installProject } from "./install-project.ts";

const run = promisify(execFile);
/** transformers' probability of a red circle, which the fixture keeps with seven digits. */
const expected = 0.3717612;

describe.skipIf(!requires("apps"))(
  "an app with the packed packages (REQUIRE=apps; needs a registry and Chromium)",
  { timeout: 120_000 },
  () => {
    let folder: string;
    beforeAll(() => {
      folder = installProject();
    }, 240_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    /** Runs a command of the project; fails with what it said. */
    const sh = async (command: string, environment: object = {}): Promise<string> => {
      const path = `${join(folder, "node_modules/.bin")}:${process.env.PATH}`;
      const { stdout } = await run("bash", ["-c", command], {
        cwd: folder,
        env: { ...process.env, CI: "1", NO_COLOR: "1", PATH: path, ...environment },
      }).catch((error: { stdout: string; stderr: string }) =>
        expect.fail(`${command}\n${error.stdout}\n${error.stderr}`),
      );
      return stdout;
    };
    const close = (scores: readonly number[], count: number): void => {
      expect(scores).toHaveLength(count);
      for (const score of scores) expect(Math.abs(score - expected)).toBeLessThan(1e-5);
    };

    describe("typed by", () => {
      const compilers = ["typescript-5.4", "typescript", "typescript-7"];
      const libraries = { "@types/node": ["ES2022"], both: ["ES2022", "DOM", "DOM.Iterable"] };
      it.each(
        compilers.flatMap((compiler) =>
          Object.entries(libraries).map(([types, lib]) => [compiler, types, lib] as const),
        ),
      )("%s, its globals by %s", async (compiler, types, lib) => {
        const file = `tsconfig.${compiler}.${types.replace("/", "-")}.json`;
        const compilerOptions = {
          lib,
          types: ["node"],
          module: "nodenext",
          target: "es2022",
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          noEmit: true,
        };
        writeFileSync(join(folder, file), JSON.stringify({ compilerOptions, files: ["types.ts"] }));
        expect(await sh(`node node_modules/${compiler}/bin/tsc -p ${file}`)).toBe("");
      });
    });

    describe("run by", () => {
      const esbuild = "esbuild main.mjs --bundle --platform=node --external:sharp";
      const rollup = "rollup main.mjs -p node-resolve --external sharp --dir";
      it.each([
        ["Node", "node main.mjs"],
        ["Node, with require", "node main.cjs"],
        ["Deno", "deno run -A --node-modules-dir=manual main.mjs"],
        ["Bun", "bun main.mjs"],
        ["esbuild", `${esbuild} --format=esm --outfile=es/main.mjs && node es/main.mjs`],
        ["esbuild, in CommonJS", `${esbuild} --outfile=es/main.cjs && node es/main.cjs`],
        ["Rollup", `${rollup} rollup-node && node rollup-node/main.js`],
      ])("%s", async (_, command) => {
        const said = await sh(command);
        close(JSON.parse(said.trim().split("\n").at(-1)!) as number[], 3);
      });

      const jest = "node --experimental-vm-modules node_modules/jest/bin/jest.js --transform={}";
      it.each([
        ["Jest", `${jest} --testMatch='**/classify.test.mjs'`],
        ["Jest with jsdom", `${jest} --env=jsdom --testMatch='**/jsdom.test.mjs'`],
        ["vitest", "vitest run --globals classify.test.mjs"],
      ])("%s", async (_, command) => void (await sh(command)));
    });

    describe("in a page by", () => {
      let browser: Browser;
      let served: Served;
      beforeAll(async () => {
        browser = await chromium.launch({
          executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
          args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
        });
        served = await serve(folder, {}, { isolated: true });
      });
      afterAll(async () => {
        await browser?.close();
        served?.close();
      });
      const html = (script: string, kind = 'type="module"'): string =>
        `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script ${kind} src="${script}"></script>`;

      /** What `window.classify` of a page finds. */
      async function classified(url: string): Promise<void> {
        const page = await browser.newPage();
        const errors: string[] = [];
        page.on("pageerror", (error) => errors.push(String(error)));
        await page.goto(url);
        await page
          .waitForFunction("window.ready === true", undefined, { timeout: 60_000 })
          .catch(() => expect.fail(errors.join("\n")));
        const found = (await page
          .evaluate("window.classify()")
          .catch((error: unknown) => expect.fail(`${error}\n${errors.join("\n")}`))) as Record<
          string,
          number
        >;
        await page.close();
        expect(Object.keys(found)).toEqual([
          "cpu",
          "cpu in a worker",
          "webgpu",
          "webgpu in a worker",
        ]);
        close(Object.values(found), 4);
      }

      const esbuild = "esbuild page.js --bundle --log-level=error";
      it.each([
        ["Vite", "vite build vite --outDir ../vite-out --base ./", "vite-out/index.html"],
        ["webpack with ts-loader", "node webpack.mjs", "webpack-out/index.html"],
        [
          "esbuild",
          `${esbuild} --format=esm --splitting --outdir=esbuild-out`,
          "esbuild-out/index.html",
        ],
        ["esbuild, in one script", `${esbuild} --outfile=iife-out/page.js`, "iife-out/index.html"],
        ["Rollup", "rollup page.js -p node-resolve --dir rollup-out", "rollup-out/index.html"],
      ])("%s", async (_, command, path) => {
        mkdirSync(join(folder, "vite"), { recursive: true });
        writeFileSync(join(folder, "vite/index.html"), html("../page.js"));
        await sh(command);
        const out = join(folder, path);
        if (!path.startsWith("vite"))
          writeFileSync(out, html("page.js", path.startsWith("iife") ? "defer" : undefined));
        await classified(`${served.origin}/${path}`);
      });

      it("Vite's development server, from installed packages", async () => {
        writeFileSync(join(folder, "index.html"), html("./page.js"));
        const { createServer } = (await import(
          join(folder, "node_modules/vite/dist/node/index.js")
        )) as typeof import("vite");
        const server = await createServer({
          root: folder,
          configFile: false,
          logLevel: "error",
          server: {
            port: 0,
            host: "127.0.0.1",
            headers: {
              "cross-origin-opener-policy": "same-origin",
              "cross-origin-embedder-policy": "require-corp",
            },
          },
        });
        await server.listen();
        const { port } = server.httpServer!.address() as AddressInfo;
        await classified(`http://127.0.0.1:${port}/`).finally(() => server.close());
      });
    });
  },
);
