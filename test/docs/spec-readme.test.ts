/** The package README of @sigil/spec quotes a spec with mistakes, and what is said about it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSpec } from "@sigil/spec";
import { expect, it } from "vitest";

const readme = readFileSync(join(import.meta.dirname, "../../spec/README.md"), "utf8");
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\n(.*?)\`\`\`$`, "ms").exec(readme)![1]!;

it("the README of @sigil/spec quotes the diagnostics of its faulty spec", () => {
  expect(() => parseSpec(block("json"), { file: "my-model.json" })).toThrow(
    expect.objectContaining({ message: block("text").trimEnd() }),
  );
});
