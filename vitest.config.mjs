import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    // All but one by default, which is one of two.
    maxWorkers: "100%",
    reporters: ["default", ...(process.env.CI ? ["./test/support/slowest-reporter.ts"] : [])],
  },
});
