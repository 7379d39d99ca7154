/**
 * The documentation site: the pages of docs/, and an API reference from the packages' docstrings.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import api from "../api/typedoc-sidebar.json" with { type: "json" };

const decisions = join(import.meta.dirname, "../decisions");
const titleOf = (file: string): string => {
  const title = /^# (.*)/.exec(readFileSync(join(decisions, file), "utf8"))?.[1];
  if (title === undefined) throw new Error(`${file}: expected a title on the first line`);
  return title;
};

export default defineConfig({
  title: "Sigil",
  description: "Compiles SigLIP models into small fast modules with typed TypeScript bindings",
  cleanUrls: true,
  srcExclude: ["node_modules/**"],
  rewrites: { "decisions/README.md": "decisions/index.md" },
  themeConfig: {
    search: { provider: "local" },
    nav: [
      { text: "Guide", link: "/getting-started" },
      { text: "API", link: "/api/" },
    ],
    sidebar: [
      {
        text: "Using Sigil",
        items: [
          { text: "Getting started", link: "/getting-started" },
          { text: "Pipelines", link: "/pipelines" },
          { text: "From transformers.js", link: "/migrating-from-transformers-js" },
          { text: "Toolchains", link: "/toolchains" },
          { text: "Commands", link: "/commands" },
          { text: "Specs", link: "/specs" },
          { text: "Checkpoints", link: "/checkpoints" },
          { text: "Architectures", link: "/architectures" },
          { text: "Operations", link: "/operations" },
          { text: "Serving", link: "/serving" },
          { text: "Bulk embedding", link: "/bulk" },
          { text: "Errors", link: "/errors" },
        ],
      },
      {
        text: "Backends",
        items: [
          { text: "CPU", link: "/backends/cpu" },
          { text: "WebGPU", link: "/backends/webgpu" },
          { text: "CUDA", link: "/backends/cuda" },
        ],
      },
      {
        text: "Measured",
        items: [
          { text: "Quantised weights", link: "/quantised-weights" },
          { text: "Parity", link: "/parity" },
          { text: "Benchmarks", link: "/benchmarks" },
          { text: "Catalogue", link: "/catalogue" },
        ],
      },
      {
        text: "Decisions",
        collapsed: true,
        items: readdirSync(decisions)
          .filter((file) => file !== "README.md")
          .sort()
          .map((file) => ({
            text: titleOf(file),
            link: `/decisions/${file.replace(/\.md$/, "")}`,
          })),
      },
      { text: "API", collapsed: true, items: api },
    ],
  },
});
