/** What is published: complete, found by every kind of import, and described. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, describe, expect, it } from "vitest";
import { pack, published } from "./pack-published.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "sigil-publish-"));
afterAll(() => rmSync(folder, { recursive: true }));
pack(folder);
const tarballOf = (name: string): string =>
  join(folder, readdirSync(folder).find((file) => new RegExp(`^${name}-\\d`).test(file))!);

describe.each(published.map((name) => [name, name === "cli" ? "sigil" : `sigil-${name}`] as const))(
  "the package of %s",
  (workspace, tarball) => {
    it("passes publint", async () => {
      const bytes = readFileSync(tarballOf(tarball));
      const { messages, pkg } = await publint({
        pack: { tarball: Uint8Array.from(bytes).buffer },
        strict: true,
      });
      expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
    });

    it("has a licence, a README and what it says of itself", () => {
      const listed = execFileSync("tar", ["tzf", tarballOf(tarball)], { encoding: "utf8" });
      expect(listed).toMatch(/package\/LICENSE\n/);
      expect(listed).toMatch(/package\/README\.md\n/);
      const described = JSON.parse(readFileSync(join(root, workspace, "package.json"), "utf8"));
      expect(described).toMatchObject({
        license: "MIT",
        engines: { node: ">=20.19" },
        publishConfig: { access: "public" },
        repository: { directory: workspace },
      });
      for (const key of ["description", "homepage", "bugs", "keywords"])
        expect(described[key], key).toBeTruthy();
    });

    it.skipIf(workspace === "cli")(
      "has types that every kind of import finds",
      () => {
        // Node 20.19 and newer require ES modules; node10 resolution has no subpaths.
        const { status, stdout } = spawnSync(
          "npx",
          ["attw", tarballOf(tarball), "--profile", "esm-only", "--no-color", "--no-emoji"],
          { cwd: root, encoding: "utf8" },
        );
        expect(status, stdout).toBe(0);
      },
      60_000,
    );
  },
);
