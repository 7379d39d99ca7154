/**
 * Packs the packages that are published, as they are built: tests run beside, so nothing rebuilds.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const read = (folder: string) =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
    readonly private?: boolean;
    readonly workspaces?: readonly string[];
  };

/** Folders of the published packages. */
export const published = read(".").workspaces!.filter((folder) => !read(folder).private);

/** Tarballs of `workspaces` into a folder. */
export function pack(into: string, workspaces: readonly string[] = published): void {
  const chosen = workspaces.flatMap((folder) => ["-w", folder]);
  execFileSync(
    "npm",
    ["pack", ...chosen, "--ignore-scripts", "--silent", "--pack-destination", into],
    {
      cwd: root,
      stdio: "pipe",
    },
  );
}
