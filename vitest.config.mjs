import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    reporters: ["default", ...(process.env.CI ? ["./test/support/slowest-reporter.ts"] : [])],
  },
});
