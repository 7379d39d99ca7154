/** The tour: each example runs, prints what the docs say, and is the code that the docs show. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const docs = ["getting-started", "architectures"]
  .map((name) => readFileSync(join(root, `docs/${name}.md`), "utf8"))
  .join("\n");

describe("the tour", () => {
  for (const name of ["towers", "hidden-states", "classification", "naflex", "custom-architecture"])
    it(name, () => {
      const code = readFileSync(join(root, `examples/tour/${name}.mjs`), "utf8");
      const output = execFileSync("node", [`examples/tour/${name}.mjs`], {
        cwd: root,
        encoding: "utf8",
      });
      const shown = [...docs.matchAll(/```js\n([^]*?)```\n(?:\n```text\n([^]*?)```)?/g)].find(
        ([, js]) => js === code,
      );
      expect(shown, `docs show examples/tour/${name}.mjs`).toBeDefined();
      expect(output).toBe(shown![2]);
    });
});
