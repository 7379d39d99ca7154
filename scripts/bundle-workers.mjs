// Builds the worker of each runtime into one file beside its modules: a page's import map does not
// reach workers, so theirs may not import by name.
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

for (const runtime of ["runtime-cpu", "runtime-webgpu"]) {
  const folder = fileURLToPath(new URL(`../${runtime}/dist/`, import.meta.url));
  const bundle = await rolldown({
    input: `${folder}worker-entry.js`,
    platform: "browser",
    external: /^node:/,
    logLevel: "warn",
  });
  await bundle.write({ file: `${folder}worker.js`, format: "es", codeSplitting: false });
  await bundle.close();
}
