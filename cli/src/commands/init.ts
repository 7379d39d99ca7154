import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { writeFiles } from "@sigil/compiler";
import { specOf } from "../open-model.ts";

/** Writes a Sigil spec from a checkpoint's config.json, to be edited. */
export async function init(given: string, options: { out?: string; force?: boolean }): Promise<void> {
  const spec = await specOf(given);
  const path = spec.file;
  const out = resolve(options.out ?? `${spec.name}.json`);
  if (existsSync(out) && !options.force) throw new Error(`${out} exists; --force writes over it`);
  const document = {
    $schema: "node_modules/@sigil/spec/schema/sigil.schema.json",
    name: spec.name,
    architecture: spec.architecture,
    storage: spec.storage,
    batch: spec.batch,
    config: JSON.parse(readFileSync(path, "utf8")) as unknown,
  };
  writeFiles(dirname(out), { [basename(out)]: `${JSON.stringify(document, undefined, 2)}\n` });
  process.stdout.write(`${out}\nNext: sigil compile ${out}\n`);
}
