import { configDefaults, defineConfig } from "vitest/config";
import { requires } from "./test/support/require.ts";
import { slowFiles } from "./test/support/slow-files.ts";

/** Whoever names a path wants what it names. */
const pathsNamed = process.argv.slice(2).some((argument) => /^(\.\/)?test\//.test(argument));

/** What Dawn prints of lavapipe's limits whenever a device is opened, which no setting silences. */
const dawnLimits = /^Warning: maxDynamic\w+BuffersPerPipelineLayout artificially reduced .*\n/gm;
const write = process.stderr.write.bind(process.stderr);
process.stderr.write = (chunk, ...rest) => write(String(chunk).replaceAll(dawnLimits, ""), ...rest);

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [
      ...configDefaults.exclude,
      ...(requires("slow") || pathsNamed ? [] : slowFiles.map((file) => `test/${file}.test.ts`)),
    ],
    testTimeout: 60_000,
    // All but one by default, which is one of two.
    maxWorkers: "100%",
    reporters: ["default", ...(process.env.CI ? ["./test/support/slowest-reporter.ts"] : [])],
  },
});
