import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";
import { requires } from "./test/support/require.ts";
import { slowFiles } from "./test/support/slow-files.ts";

/** Whoever names a path wants what it names. */
const pathsNamed = process.argv.slice(2).some((argument) => /^(\.\/)?test\//.test(argument));

/** What Dawn prints of lavapipe's limits whenever a device is opened, which no setting silences. */
const dawnLimits = /^Warning: maxDynamic\w+BuffersPerPipelineLayout artificially reduced .*\n/gm;
const write = process.stderr.write.bind(process.stderr);
process.stderr.write = (chunk, ...rest) =>
  chunk.includes("artificially reduced")
    ? write(String(chunk).replaceAll(dawnLimits, ""), ...rest)
    : write(chunk, ...rest);

// Whatever tests and the programs that they start leave behind goes with the run.
const temporary = mkdtempSync(join(tmpdir(), "sigil-tests-"));
process.env.TMPDIR = temporary;
process.on("exit", () => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 }));

const exclude = [
  ...configDefaults.exclude,
  ...(requires("slow") || pathsNamed ? [] : slowFiles.map((file) => `test/${file}.test.ts`)),
];

/**
 * Files that change nothing of their process share one with the modules that they load, which
 * spares each of them nearly a second of a processor.
 */
const sharing = [
  "browser",
  "compiler",
  "deploy",
  "docs",
  "generated",
  "packages",
  "pixels",
  "properties",
  "quantized",
  "runtime",
  "serve",
  "spec",
  "specs",
  "wild",
].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 60_000,
    // Many hooks compile or load a model, as tests do.
    hookTimeout: 60_000,
    // All but one by default, which is one of two.
    maxWorkers: "100%",
    reporters: ["default", ...(process.env.CI ? ["./test/support/summary-reporter.ts"] : [])],
    projects: [
      { extends: true, test: { name: "sharing", include: sharing, exclude, isolate: false } },
      {
        extends: true,
        test: {
          name: "apart",
          include: ["test/**/*.test.ts"],
          exclude: [...exclude, ...sharing],
        },
      },
    ],
  },
});
