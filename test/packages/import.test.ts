/**
 * Importing touches nothing of a browser, so that a server may render a page whose client runs a
 * model.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const packages = ["runtime", "runtime-cpu", "runtime-webgpu"];
const entries = packages.flatMap((folder) => {
  const { name, exports } = JSON.parse(
    readFileSync(join(root, folder, "package.json"), "utf8"),
  ) as { name: string; exports: Record<string, unknown> };
  // A worker's entry is for workers: it listens for messages at once.
  return Object.keys(exports)
    .filter((key) => !/\/(worker|node)$/.test(key))
    .map((key) => join(name, key));
});
/** What a page has and a server may lack. */
const names = [
  "navigator",
  "window",
  "document",
  "self",
  "location",
  "fetch",
  "Blob",
  "Response",
  "Worker",
  "SharedArrayBuffer",
  "WebAssembly",
  "caches",
  "crypto",
  "indexedDB",
  "localStorage",
  "MessageChannel",
  "FileSystemFileHandle",
  "createImageBitmap",
  "OffscreenCanvas",
  "ImageData",
  "GPUAdapter",
  "GPUBufferUsage",
  "atob",
  "requestAnimationFrame",
  "crossOriginIsolated",
  "process",
];

const script = (specifiers: readonly string[]) => `
const touched = [];
const { log } = console;
for (const name of ${JSON.stringify(names)}) {
  const get = () => void touched.push(name);
  Object.defineProperty(globalThis, name, { configurable: true, get });
}
await Promise.all(${JSON.stringify(specifiers)}.map((specifier) => import(specifier)));
log(JSON.stringify(touched));
`;
const touchedBy = (specifiers: readonly string[]): unknown =>
  JSON.parse(
    execFileSync("node", ["--input-type=module", "-e", script(specifiers)], {
      cwd: join(root, "test"),
      encoding: "utf8",
    }),
  );

it("finds the entries", () =>
  expect(entries).toEqual([
    "@sigil/runtime",
    "@sigil/runtime/internal",
    "@sigil/runtime/pipelines",
    "@sigil/runtime-cpu",
    "@sigil/runtime-webgpu",
    "@sigil/runtime-webgpu/pictures",
  ]));
it.each(entries)("%s is safe to import on a server", (entry) =>
  expect(touchedBy([entry])).toEqual([]),
);
it("and so is a generated module with all that it loads", () => {
  const generated = ["index", "cpu", "webgpu", "webgpu.desktop"].map((file) =>
    join(root, "generated/siglip-shapes", `${file}.js`),
  );
  expect(touchedBy(generated)).toEqual([]);
});
it("a module that does touch something is found", () =>
  expect(touchedBy(["data:text/javascript,navigator; globalThis.caches"])).toEqual([
    "navigator",
    "caches",
  ]));
