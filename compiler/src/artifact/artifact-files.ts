/**
 * The files of a compiled model. They depend on nothing else, so two compilations are equal byte
 * for byte.
 */
import { planFile } from "@sigil/spec";
import { toJavaScript } from "../bindings/to-javascript.ts";
import type { Files } from "../backends/backend.ts";
import { compiledTargets, type CompiledModel } from "../compile.ts";
import { header } from "./header.ts";

/** The file of the class, in the language that the spec asks for. */
function indexFiles({ plan, source, bindings }: CompiledModel): Files {
  const head = header(
    plan.name,
    source,
    "the class. Do not edit: change the spec and compile again.",
  );
  if (source.emit === "ts") return { "index.ts": `${head}\n\n${bindings}` };
  const { js, dts } = toJavaScript(bindings);
  return {
    "index.js": `${head}\n\n${js}`,
    "index.d.ts": `${head}\n\n${dts}`,
    // Node and TypeScript ask the nearest one what a .js file is, and an app's may say CommonJS.
    "package.json": `${JSON.stringify({ type: "module", sideEffects: false }, undefined, 2)}\n`,
  };
}

/** The content of each file by its name: the typed module, and what each of its targets loads. */
export function artifactFiles(model: CompiledModel): Files {
  const files = { ...indexFiles(model) };
  for (const { target, plan, sources, modules } of compiledTargets(model))
    if (model.targets.some((asked) => asked === target))
      Object.assign(
        files,
        { [planFile(target)]: `${JSON.stringify(plan, undefined, 2)}\n` },
        sources(),
        modules(model.source),
      );
  return files;
}
