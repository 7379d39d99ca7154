/** Architecture documents, read and expanded into graphs. */
import { buildGraphs } from "@sigil/compiler/internal";
import { parseArchitecture, parseSpec } from "@sigil/spec";
import { jsonTarget } from "./json-target.ts";
import { config, documents } from "./small-specs.ts";

export const architecture = jsonTarget({
  name: "architecture",
  about: "architecture documents through parseArchitecture and buildGraphs",
  goal: 1e6,
  open: async () => {
    const spec = parseSpec(JSON.stringify({ name: "m", architecture: "siglip", config }), {
      file: "/nowhere/fuzz.json",
    });
    return {
      seeds: documents(),
      use: (text) => {
        const document = parseArchitecture(text, { file: "/nowhere/architecture.json" });
        buildGraphs(spec, document.architecture);
      },
    };
  },
});
