// Builds the workers and threads of each runtime into one file each beside its modules: a page's
// import map does not reach workers, so theirs may not import by name. The same text becomes a
// module, for bundles that have no file of it.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

for (const [runtime, name] of [
  // The worker has the text of its threads.
  ["runtime-cpu", "thread"],
  ["runtime-cpu", "worker"],
  ["runtime-webgpu", "worker"],
]) {
  const folder = fileURLToPath(new URL(`../${runtime}/dist/`, import.meta.url));
  const bundle = await rolldown({
    input: `${folder}${name}-entry.js`,
    platform: "browser",
    logLevel: "warn",
  });
  const file = { format: "es", codeSplitting: false };
  if (name === "worker") await bundle.write({ ...file, file: `${folder}${name}.js` });
  const { output } = await bundle.generate({ ...file, minify: true });
  await bundle.close();
  // Without its name, a stack would show the whole text as the address.
  const source = `${output[0].code.trim()}\n//# sourceURL=@sigil/${runtime}/${name}.js\n`;
  writeFileSync(`${folder}${name}-source.js`, `export const source = ${JSON.stringify(source)};\n`);
}
