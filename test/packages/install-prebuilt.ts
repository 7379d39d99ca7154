/** A package with a prebuilt addon as a user gets it, in an app that has nothing else. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pack } from "./pack-published.ts";

const root = join(import.meta.dirname, "../..");
const npm = (cwd: string, ...args: readonly string[]): string =>
  execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/**
 * Builds what the package at `name` carries, in a copy of it under `folder`, packs that, and
 * installs it into `folder`/app with no script run.
 */
export function installPrebuilt(folder: string, name: string): void {
  const copy = join(folder, name);
  cpSync(join(root, name), copy, {
    recursive: true,
    filter: (file) => !/\/(node_modules|build|build\.lock|prebuilds)$/.test(file),
  });
  // The copy lies where no dependencies are.
  execFileSync("npm", ["run", "prebuild"], {
    cwd: copy,
    stdio: "pipe",
    env: { ...process.env, NODE_PATH: join(root, "node_modules") },
  });
  pack(folder, ["spec", "runtime"]);
  npm(copy, "pack", "--ignore-scripts", "--pack-destination", folder, "--silent");
  const tarballs = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
  const app = join(folder, "app");
  mkdirSync(app);
  writeFileSync(
    join(app, "package.json"),
    JSON.stringify({
      name: "app",
      private: true,
      dependencies: Object.fromEntries(
        tarballs.map((file) => [
          file.replace(/-\d.*$/, "").replace(/^sigil-/, "@sigil/"),
          `file:../${file}`,
        ]),
      ),
    }),
  );
  npm(
    app,
    "install",
    "--ignore-scripts",
    "--omit=optional",
    "--omit=peer",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
  );
}
