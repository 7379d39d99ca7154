/** The scripts of the build in a clone whose folder has a space, which a URL writes as %20. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
mkdirSync(join(root, "build"), { recursive: true });
const clone = mkdtempSync(join(root, "build/with a space "));
const run = (script: string): void =>
  void execFileSync("node", [join(clone, "scripts", script)], { stdio: "pipe" });

beforeAll(() => {
  for (const path of [
    "package.json",
    "scripts",
    "generated/specs.json",
    "runtime-cpu/dist",
    "runtime-webgpu/dist",
  ])
    cpSync(join(root, path), join(clone, path), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"), "junction");
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

it("bundles the workers there", () => {
  for (const runtime of ["runtime-cpu", "runtime-webgpu"])
    rmSync(join(clone, runtime, "dist/worker.js"));
  run("bundle-workers.mjs");
  for (const runtime of ["runtime-cpu", "runtime-webgpu"])
    expect(existsSync(join(clone, runtime, "dist/worker.js")), runtime).toBe(true);
});

it("generates modules there", { timeout: 120_000 }, () => {
  run("generate.mjs");
  const folder = "generated/siglip-shapes";
  expect(readdirSync(join(clone, folder)).sort()).toEqual(readdirSync(join(root, folder)).sort());
  expect(readFileSync(join(clone, folder, "index.js"), "utf8")).toBe(
    readFileSync(join(root, folder, "index.js"), "utf8"),
  );
});
