// Compiles the specs that generated/specs.json lists into generated/; with --check, fails if a file
// would change.
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { artifactFiles, compile, writeFiles } from "@sigil/compiler";
import { loadSpec, specPath } from "@sigil/spec";

const root = new URL("../generated/", import.meta.url);
const names = JSON.parse(readFileSync(new URL("specs.json", root), "utf8"));
const check = process.argv.includes("--check");
const stale = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !names.includes(entry.name))
  .map(({ name }) => `${name} is not in specs.json`);
for (const name of names) {
  const files = artifactFiles(await compile(loadSpec(specPath(name))));
  const folder = new URL(`${name}/`, root);
  if (!check) {
    rmSync(folder, { recursive: true, force: true });
    writeFiles(fileURLToPath(folder), files);
  } else
    for (const [file, text] of Object.entries(files))
      if (
        !existsSync(new URL(file, folder)) ||
        readFileSync(new URL(file, folder), "utf8") !== text
      )
        stale.push(`${name}/${file}`);
}
if (check && stale.length > 0) {
  console.error(`generated/ is stale (run npm run generate): ${stale.join(", ")}`);
  process.exitCode = 1;
}
