// Fails for each line of ours over 100 columns: `npm run lint` runs it behind the formatters, which
// leave texts and templates as they are. Tables and URLs cannot be wrapped.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const most = 100;
const endings = "ts|tsx|mts|mjs|js|wat|h|cpp|cc|cu|cuh|py|sh|md|html|css|yaml|yml|gyp";
const wrapped = new RegExp(`\\.(${endings})$|(^|/)(run|Dockerfile)$`);
/** Written by a program or copied from elsewhere. */
const others = /(^|\/)(generated|fixtures|findings|bench\/results)\//;

const tracked = execFileSync("git", ["ls-files", "-z"], { encoding: "utf8" }).split("\0");
const long = tracked
  .filter((path) => wrapped.test(path) && !others.test(path))
  .flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .flatMap((line, at) => {
        const columns = [...line].length;
        const free = /https?:\/\//.test(line) || (path.endsWith(".md") && /^\s*\|/.test(line));
        return columns > most && !free ? [`${path}:${at + 1}: ${columns} columns`] : [];
      }),
  );
for (const line of long) console.error(`${line} (at most ${most})`);
process.exitCode = long.length > 0 ? 1 : 0;
