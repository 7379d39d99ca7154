/** The page of `sigil inspect --html`. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { listModelSpecs, loadSpec, parseSpec, specPath } from "@sigil/spec";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { shownLaunches } from "../../cli/dist/html/launches.js";
import { showFlops } from "../../cli/dist/html/units.js";
import { inspectPage } from "../../cli/dist/html/inspect-page.js";
import { requires } from "../support/require.ts";

const sigil = (args: readonly string[]) =>
  spawnSync("node", [join(import.meta.dirname, "../../cli/dist/main.js"), ...args], {
    encoding: "utf8",
  });
const executablePath = "/usr/bin/chromium";
const browser = existsSync(executablePath);
const required = requires("browser");

const pageOf = async (name: string): Promise<string> =>
  inspectPage(await compile(loadSpec(specPath(name))));

describe("inspect --html", () => {
  it("is one file without scripts or references to others, the same every time", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sigil-html-"));
    const file = join(folder, "page.html");
    expect(sigil(["inspect", specPath("siglip-shapes"), "--html", file]).status).toBe(0);
    const page = readFileSync(file, "utf8");
    expect(page).toBe(await pageOf("siglip-shapes"));
    expect(page).not.toMatch(/<script|<link|<img|https?:|url\(|@import/);
    expect(
      [...page.matchAll(/(?:href|src)="([^"]*)"/g)].every(([, target]) => target!.startsWith("#")),
    ).toBe(true);
    expect(readdirSync(folder)).toEqual(["page.html"]);
  });

  it("escapes what a spec says", async () => {
    const compiled = await compile(loadSpec(specPath("siglip-shapes")));
    const page = inspectPage({
      ...compiled,
      plan: { ...compiled.plan, name: `<script>"&'</script>` },
    });
    expect(page).toContain("<h1>&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;</h1>");
    expect(page).not.toContain("<script");
    const weight = `a"><script>owned()</script><img src=x onerror='owned()'>`;
    const spec = parseSpec('{"name":"m","architecture":"./d.json","config":{}}', {
      file: "m.json",
    });
    const named = inspectPage(
      await compile(spec, {
        name: "<script>",
        symbols: { batch: "image" },
        inputs: { x: { dtype: "float32", shape: ["batch", 8] } },
        steps: [
          {
            name: "y",
            op: "linear",
            inputs: ["x"],
            weights: { weight: { name: `${weight}.weight`, shape: [8, 8] } },
          },
        ],
        outputs: { [weight]: "y" },
      }),
    );
    expect(named).toContain("a&quot;&gt;&lt;script&gt;owned()");
    expect(named).not.toMatch(/<script|<img/);
  });

  it("shows each launch and buffer of a small model, and the compiler's totals", async () => {
    const compiled = await compile({ ...loadSpec(specPath("siglip-shapes")), targets: ["cpu"] });
    const page = inspectPage(compiled);
    expect(page.match(/<rect /g)).toHaveLength(
      compiled.programs.reduce((sum, { memory }) => sum + memory.lives.length, 0),
    );
    for (const { kernel } of compiled.plan.programs.flatMap(({ init, launches }) => [
      ...init,
      ...launches,
    ]))
      expect(page).toContain(`<h4>${kernel} `);
    for (const { name, flops, launches } of compiled.plan.programs) {
      expect(page).toContain(`${launches.length} launches`);
      expect(page).toContain(`<h3>${name} <span class="note">${showFlops(flops)}, `);
    }
    expect(page).toContain(
      Object.values(compiled.plan.tensors)
        .reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0)
        .toLocaleString("en"),
    );
  });

  it("gives every operation to one kernel, but for those that have none", async () => {
    const compiled = await compile(loadSpec(specPath("siglip-shapes")));
    for (const program of compiled.programs) {
      const shown = (["init", "launches"] as const).flatMap((when) =>
        shownLaunches(compiled, program, when).flatMap(({ nodes }) => nodes),
      );
      // Patches, tables and scalars are read by the kernel that uses them, embeddings by the host.
      const kernels = program.graph.nodes.filter(
        ({ op }) => !["patches", "parameter", "interpolate_grid", "exp", "embedding"].includes(op),
      );
      expect(shown.map(({ op, origin }) => `${op} ${origin.path}`).sort()).toEqual(
        kernels.map(({ op, origin }) => `${op} ${origin.path}`).sort(),
      );
    }
  });

  it.skipIf(!requires("slow"))(
    "folds the layers of every published model into a page below 400 kB",
    {
      timeout: 300_000,
    },
    async () => {
      const largest = listModelSpecs().filter((name) =>
        /giant|so400m-patch14-384$|large-patch16-384$/.test(name),
      );
      expect(largest.length).toBeGreaterThan(2);
      for (const name of largest) {
        const page = await pageOf(name);
        expect(page.length, name).toBeLessThan(400_000);
        expect(page, name).toMatch(/layers\.0 to \d+, alike/);
      }
    },
  );

  it("leaves nothing behind when it cannot be written", () => {
    const folder = mkdtempSync(join(tmpdir(), "sigil-html-"));
    writeFileSync(join(folder, "file"), "");
    expect(
      sigil(["inspect", specPath("siglip-shapes"), "--html", join(folder, "file", "page.html")])
        .status,
    ).not.toBe(0);
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it.skipIf(!browser && !required)(
    "does not scroll sideways on a phone and complains of nothing (needs Chromium; " +
      "REQUIRE=browser)",
    async () => {
      const file = join(mkdtempSync(join(tmpdir(), "sigil-html-")), "page.html");
      writeFileSync(file, await pageOf("siglip-base-patch16-224"));
      const instance = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
      try {
        for (const [width, colorScheme] of [
          [360, "light"],
          [1280, "dark"],
        ] as const) {
          const page = await instance.newPage({ viewport: { width, height: 800 }, colorScheme });
          const complaints: string[] = [];
          page.on("console", (message) => complaints.push(message.text()));
          page.on("pageerror", (error) => complaints.push(error.message));
          await page.goto(`file://${file}`);
          await page.evaluate(() =>
            document.querySelectorAll("details").forEach((element) => (element.open = true)),
          );
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
          expect(complaints).toEqual([]);
        }
      } finally {
        await instance.close();
      }
    },
  );
});
