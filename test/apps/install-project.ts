/**
 * A project as a stranger has it, outside the repository: packed packages and the tools of apps.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixtures } from "../support/golden-cases.ts";
import { pack } from "../packages/pack-published.ts";

/** Those of `examples` that are apps of their own. */
export const examples = ["commonjs", "deno", "next", "node-service", "page", "react-vite"];

/**
 * Installs `test/apps/project` with the packages, a checkpoint as `model` and its module as
 * `generated`. Returns its folder.
 */
export function installProject(): string {
  const folder = mkdtempSync(join(tmpdir(), "sigil-apps-"));
  cpSync(join(import.meta.dirname, "project"), folder, { recursive: true });
  pack(folder);
  const file = join(folder, "package.json");
  const project = JSON.parse(readFileSync(file, "utf8")) as Record<string, object>;
  project.dependencies = Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith(".tgz"))
      .map((name) => [
        name.replace(/-\d.*$/, "").replace(/^sigil-(?=.)/, "@sigil/"),
        `file:./${name}`,
      ]),
  );
  writeFileSync(file, JSON.stringify(project));
  const run = (command: string, ...args: readonly string[]): void =>
    void execFileSync(command, args, { cwd: folder, stdio: "pipe" });
  run("npm", "install", "--prefer-offline", "--no-audit", "--no-fund");
  for (const name of examples)
    cpSync(join(import.meta.dirname, "../../examples", name), join(folder, name), {
      recursive: true,
      // What was installed and built there is not what is committed.
      filter: (path) => !/[\\/](node_modules|dist|siglip|model|\.next)$/.test(path),
    });
  const checkpoint = join(fixtures, "checkpoints/siglip-shapes");
  cpSync(checkpoint, join(folder, "model"), { recursive: true });
  const out = join(folder, "generated");
  run(
    "npx",
    "--no-install",
    "sigil",
    "compile",
    checkpoint,
    "--out",
    out,
    "--target",
    "cpu",
    "webgpu",
  );
  for (const name of ["page", "react-vite", "next"])
    cpSync(out, join(folder, name, "siglip"), { recursive: true });
  // Its import map speaks of its own folder, where npm puts packages of an app by itself.
  symlinkSync(join(folder, "node_modules"), join(folder, "page/node_modules"), "junction");
  for (const name of ["page", "react-vite/public", "next/public"])
    cpSync(checkpoint, join(folder, name, "model"), { recursive: true });
  return folder;
}
