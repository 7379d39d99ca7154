/**
 * The packages and a generated module in the toolchains that apps are made with: each installed,
 * run, and compared with transformers.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve, type Served } from "../browser/serve.ts";
import { requires } from "../support/require.ts";
import { stopProgram } from "../support/stop-program.ts";
import { examples, installProject } from "./install-project.ts";

const run = promisify(execFile);
/** transformers' probability of a red circle, which the fixture keeps with seven digits. */
const expected = 0.3717612;

describe.skipIf(!requires("apps"))(
  "an app with the packed packages (REQUIRE=apps; needs a registry and Chromium)",
  { timeout: 300_000 },
  () => {
    let folder: string;
    let browser: Browser;
    let served: Served;
    beforeAll(async () => {
      folder = installProject();
      browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
        args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
      });
      served = await serve(folder, {}, { isolated: true });
    }, 240_000);
    afterAll(async () => {
      await browser?.close();
      served?.close();
    });
    afterAll(() => rm(folder, { recursive: true, force: true }), 60_000);

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
      const html = (script: string, kind = 'type="module"'): string =>
        `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script ${kind} ` +
        `src="${script}"></script>`;

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
        [
          "Parcel",
          "parcel build vite/index.html --dist-dir parcel-out --public-url ./ --no-cache",
          "parcel-out/index.html",
        ],
        ["Angular", "ng build", "angular-out/browser/index.html"],
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
        if (!/^(vite|parcel|angular)/.test(path))
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
          // The pages that other bundlers built here are none of its own.
          optimizeDeps: { entries: ["index.html"] },
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

    describe("the example", () => {
      const picture = "model/samples/red-circle.png";
      it.each(examples)("%s has fewer than 100 lines", (name) => {
        const source = join(import.meta.dirname, "../../examples", name);
        const lines = readdirSync(source, { recursive: true, encoding: "utf8" })
          .filter((file) => /\.([cm]?[jt]sx?|html)$/.test(file))
          // What may have been compiled, installed or built there.
          .filter((file) => !/(^|[\\/])(siglip|node_modules|dist|\.next)[\\/]/.test(file))
          .map((file) => readFileSync(join(source, file), "utf8").split("\n").length - 1);
        expect(lines.length).toBeGreaterThan(0);
        expect(lines.reduce((sum, count) => sum + count)).toBeLessThan(100);
      });

      it.each([
        ["commonjs", "node commonjs/classify.js"],
        ["deno", "deno run -A --no-config --node-modules-dir=manual deno/classify.ts"],
      ])("%s classifies", async (_, command) => {
        expect(await sh(`${command} model ${picture} "a red circle" "a, b"`)).toMatch(
          /^0\.3718 a red circle\n0\.0000 a, b\n$/,
        );
      });

      it("node-service answers, refuses what is no picture, and stops when told to", async () => {
        const service = spawn("node", ["node-service/server.js", "model", "0"], { cwd: folder });
        const [address] = (await once(service.stdout, "data")) as [Buffer];
        const post = async (file: string): Promise<[number, unknown]> => {
          const form = new FormData();
          for (const label of ["a red circle", "a, b"]) form.append("labels", label);
          form.append("image", new Blob([readFileSync(join(folder, file))]), "image");
          const url = new URL("/classify", String(address).trim());
          const response = await fetch(url, { method: "POST", body: form });
          return [response.status, await response.json()];
        };
        const answers = await Promise.all([post(picture), post(picture), post("package.json")]);
        const scores = [
          {
            label: "a red circle",
            score: expect.closeTo(expected, 5),
            logit: expect.any(Number),
          },
          { label: "a, b", score: expect.any(Number), logit: expect.any(Number) },
        ];
        expect(answers).toEqual([
          [200, scores],
          [200, scores],
          [400, { error: expect.stringMatching(/expected a picture in PNG/) }],
        ]);
        service.kill("SIGTERM");
        expect(await once(service, "exit")).toEqual([0, null]);
      });

      /** What a page says of the picture. */
      async function says(url: string, text: RegExp): Promise<void> {
        const page = await browser.newPage();
        const errors: string[] = [];
        page.on("pageerror", (error) => errors.push(String(error)));
        await page.goto(url);
        const input = page.locator("[type=file]");
        // The page may be there before what listens to the input.
        await page.waitForFunction(
          "document.querySelector('[type=file]') && !/Loading/.test(document.body.innerText)",
        );
        await page.waitForTimeout(500);
        await input.setInputFiles(join(folder, picture));
        await page
          .waitForFunction(`${text}.test(document.body.innerText)`, undefined, { timeout: 30_000 })
          .catch(async () => errors.push(await page.locator("body").innerText()));
        await page.close();
        expect(errors).toEqual([]);
      }

      it("page classifies", () =>
        says(`${served.origin}/page/index.html`, /a red circle: 37\.2 %/));

      it("react-vite is typed, built and classifies in StrictMode", async () => {
        await sh("cd react-vite && node ../node_modules/typescript/bin/tsc");
        // StrictMode mounts twice in development alone.
        const development = { NODE_ENV: "development" };
        await sh("vite build react-vite --base ./ --mode development", development);
        await says(`${served.origin}/react-vite/dist/index.html`, /a red circle: 37\.2 %/);
      });

      it.each(["turbopack", "webpack"])(
        "next, by %s, classifies here and there",
        {
          timeout: 300_000,
        },
        async (bundler) => {
          const quiet = { NEXT_TELEMETRY_DISABLED: "1" };
          await sh(`cd next && next build --${bundler}`, quiet);
          const server = spawn("node", ["../node_modules/next/dist/bin/next", "start", "-p", "0"], {
            cwd: join(folder, "next"),
            env: { ...process.env, ...quiet },
          });
          try {
            let said = "";
            for await (const part of server.stdout) {
              said += part;
              if (/Ready/.test(said)) break;
            }
            const [origin] = /http:\/\/localhost:\d+/.exec(said)!;
            await says(origin!, /here: a red circle 0\.3718\s+there: a red circle 0\.3718/);
          } finally {
            await stopProgram(server, "SIGTERM");
          }
        },
      );
    });

    it("says what reads pictures, and takes at most 30 MB with that and the CPU", async () => {
      // A folder of its own: the project's other dependencies bring sharp, and a second one.
      const alone = mkdtempSync(join(tmpdir(), "sigil-alone-"));
      const inside = (command: string): Promise<string> => sh(`cd ${alone} && ${command}`);
      const names = ["spec", "runtime", "runtime-cpu", "runtime-native"];
      const packed = readdirSync(folder).filter((file) =>
        names.some((name) => RegExp(`^sigil-${name}-\\d.*\\.tgz$`).test(file)),
      );
      expect(packed).toHaveLength(names.length);
      const packages = Object.fromEntries(
        packed.map((file) => [
          file.replace(/-\d.*$/, "").replace("sigil-", "@sigil/"),
          `file:${join(folder, file)}`,
        ]),
      );
      const install = async (dependencies: object): Promise<void> => {
        writeFileSync(join(alone, "package.json"), JSON.stringify({ private: true, dependencies }));
        await inside("npm install --prefer-offline --no-audit --no-fund");
      };
      writeFileSync(
        join(alone, "decode.mjs"),
        `import { decodeImage } from "@sigil/runtime/node";
         await decodeImage(process.argv[2]).then(
           ({ width }) => console.log(width),
           ({ name, message }) => console.log(name, message),
         );`,
      );
      const picture = join(import.meta.dirname, "../fixtures/images/source/jpeg-420.jpg");
      const decode = `node decode.mjs ${picture}`;

      await install(packages);
      expect(await inside(decode)).toMatch(
        /^ImageError .*reading JPEG takes sharp, which is not installed: npm install sharp/,
      );
      const { sharp } = JSON.parse(readFileSync("runtime/package.json", "utf8")).peerDependencies;
      await install({ ...packages, sharp });
      expect(await inside(decode)).toBe("333\n");
      const said = await inside("du -sk node_modules");
      expect(Number.parseInt(said, 10) / 1024).toBeLessThan(30);
      await rm(alone, { recursive: true });
    });
  },
);
