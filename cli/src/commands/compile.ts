import { join } from "node:path";
import { artifactFiles, compile as compileSpec, stages, writeFiles } from "@sigil/compiler";
import { specOf } from "../open-model.ts";
import { describePrograms } from "../describe-programs.ts";

export async function compile(path: string, options: { target: string; out?: string; dump?: string; json?: boolean }): Promise<void> {
  const spec = await specOf(path);
  const compiled = await compileSpec(spec);
  const out = options.out ?? join("generated", spec.name);
  const files = artifactFiles(compiled);
  writeFiles(out, files);
  if (options.dump !== undefined) writeFiles(options.dump, stages(compiled));
  if (options.json) process.stdout.write(`${JSON.stringify({ name: spec.name, target: options.target, out, files: Object.keys(files) })}\n`);
  else process.stdout.write(`${describePrograms(compiled)}  written to ${out}: ${Object.keys(files).join(", ")}\n`);
}
