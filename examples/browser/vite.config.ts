import { join } from "node:path";
import { defineConfig } from "vite";
import { serveFolder } from "./serve-folder.ts";

const repository = join(import.meta.dirname, "../..");
// Isolated from other origins, a page may share memory, and the CPU backend runs on several
// threads.
const headers = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  cacheDir: join(repository, "build/vite"),
  plugins: [serveFolder("/checkpoints/", join(repository, "test/fixtures/checkpoints"))],
  server: { headers, fs: { allow: [repository] } },
  preview: { headers },
  worker: { format: "es" },
  build: { target: "es2022", outDir: join(repository, "build/example"), emptyOutDir: true },
});
