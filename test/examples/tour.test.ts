/**
 * The README's tour: each example runs, prints what the README says, and is the code that the
 * README shows.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

describe("the README's tour", () => {
  for (const name of ["towers", "hidden-states", "classification", "custom-architecture"])
    it(name, () => {
      const code = readFileSync(join(root, `examples/tour/${name}.mjs`), "utf8");
      const output = execFileSync("node", [`examples/tour/${name}.mjs`], {
        cwd: root,
        encoding: "utf8",
      });
      const shown = [...readme.matchAll(/```js\n([^]*?)```\n(?:\n```text\n([^]*?)```)?/g)].find(
        ([, js]) => js === code,
      );
      expect(shown, `README shows examples/tour/${name}.mjs`).toBeDefined();
      expect(output).toBe(shown![2]);
    });
});
