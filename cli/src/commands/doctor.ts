import type { Finding } from "../backends/backend.ts";
import { backends } from "../generated/backends.ts";

/** What this machine can run, and what is missing. */
export async function doctor(options: { json?: boolean }): Promise<void> {
  const rows: Finding[] = [];
  for (const { load } of Object.values(backends)) rows.push(...(await (await load()).findings()));
  if (options.json)
    process.stdout.write(
      `${JSON.stringify(rows.map(([name, available, detail]) => ({ name, available, detail })))}\n`,
    );
  else
    for (const [name, ok, text] of rows)
      process.stdout.write(`${ok ? "yes" : "no "}  ${name.padEnd(18)} ${text}\n`);
}
