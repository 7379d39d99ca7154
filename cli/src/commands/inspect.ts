import { basename, dirname } from "node:path";
import { compile, stages } from "@sigil/compiler";
import type { Tower } from "@sigil/spec";
import { writeOutput } from "../files.ts";
import { inspectPage } from "../html/inspect-page.ts";
import { specOf } from "../open-model.ts";
import { describePrograms } from "../describe-programs.ts";

export async function inspect(
  path: string,
  options: { tower?: Tower; dump?: string; html?: string; json?: boolean },
): Promise<void> {
  const spec = await specOf(path, { tower: options.tower });
  const compiled = await compile(spec);
  process.stdout.write(
    options.json ? `${JSON.stringify(compiled.plan)}\n` : describePrograms(compiled),
  );
  if (options.dump !== undefined) await writeOutput(options.dump, stages(compiled));
  if (options.html !== undefined) {
    await writeOutput(dirname(options.html), { [basename(options.html)]: inspectPage(compiled) });
    process.stderr.write(`${options.html}: open it in a browser\n`);
  }
}
