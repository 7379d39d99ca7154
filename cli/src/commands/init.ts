import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { writeFiles } from "@sigil/compiler";
import { loadSpec } from "@sigil/spec";

/** Writes a Sigil spec from a checkpoint's config.json, to be edited. */
export function init(path: string, options: { out?: string; force?: boolean }): void {
  const spec = loadSpec(path);
  const file = statSync(path).isDirectory() ? join(path, "config.json") : path;
  const out = resolve(options.out ?? `${spec.name}.json`);
  if (existsSync(out) && !options.force) throw new Error(`${out} exists; --force writes over it`);
  const document = {
    $schema: "node_modules/@sigil/spec/schema/sigil.schema.json",
    name: spec.name,
    architecture: spec.architecture,
    storage: spec.storage,
    batch: spec.batch,
    config: JSON.parse(readFileSync(file, "utf8")) as unknown,
  };
  writeFiles(dirname(out), { [basename(out)]: `${JSON.stringify(document, undefined, 2)}\n` });
  process.stdout.write(`${out}\nNext: sigil compile ${out}\n`);
}
