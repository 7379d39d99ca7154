import { compile, stages, writeFiles } from "@sigil/compiler";
import { specOf } from "../open-model.ts";
import { describePrograms } from "../describe-programs.ts";

export async function inspect(path: string, options: { dump?: string; json?: boolean }): Promise<void> {
  const compiled = await compile(await specOf(path));
  process.stdout.write(options.json ? `${JSON.stringify(compiled.plan)}\n` : describePrograms(compiled));
  if (options.dump !== undefined) writeFiles(options.dump, stages(compiled));
}
