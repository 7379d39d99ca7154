/** Specs and `config.json`. */
import { parseSpec } from "@sigil/spec";
import { jsonTarget } from "./json-target.ts";
import { configs, specs } from "./small-specs.ts";

const missing = (path: string): string => {
  throw Object.assign(new Error(`no ${path}`), { code: "ENOENT" });
};
const parse = (text: string): void =>
  void parseSpec(text, { file: "/nowhere/fuzz.json", readFile: missing });

export const spec = jsonTarget({
  name: "spec",
  about: "Sigil specs through parseSpec",
  goal: 1e7,
  open: async () => ({ seeds: specs, use: parse }),
});

export const config = jsonTarget({
  name: "config",
  about: "a checkpoint's config.json through parseSpec",
  goal: 1e7,
  open: async () => ({ seeds: configs, use: parse }),
});
