/** Builds an addon for the tests where it is older than its sources. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * By `folder`'s script, to `addonFile`; test files that start together wait for the first. Throws
 * with what the compiler said.
 */
export async function buildAddon(folder: string, addonFile: string): Promise<void> {
  const lock = join(folder, "build.lock");
  const isFresh = (): boolean =>
    existsSync(addonFile) &&
    readdirSync(join(folder, "native"), { recursive: true, withFileTypes: true }).every(
      (file) =>
        file.isDirectory() ||
        statSync(join(file.parentPath, file.name)).mtimeMs <= statSync(addonFile).mtimeMs,
    );
  for (const deadline = Date.now() + 120_000; ; ) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      // Left behind by a run that was killed.
      if (Date.now() > deadline) rmSync(lock, { recursive: true, force: true });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  try {
    if (isFresh()) return;
    const { status, stderr } = spawnSync("node", [join(folder, "scripts/build-addon.mjs")], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`the addon does not build:\n${stderr}`);
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
