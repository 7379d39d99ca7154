import type { CompiledModel } from "@sigil/compiler";
import { loadSpec, type ModelSpec } from "@sigil/spec";

/**
 * Compiles a spec, given as an object or as the path of a Sigil spec, a config.json or a checkpoint
 * folder. With `out`, the module is written to that folder. Throws DiagnosticError, which lists
 * every problem.
 */
export async function compile(
  spec: ModelSpec | string,
  { out }: { readonly out?: string } = {},
): Promise<CompiledModel> {
  // Loaded with the first spec: pipelines of compiled models do without.
  const compiler = await import("@sigil/compiler");
  const compiled = await compiler.compile(typeof spec === "string" ? loadSpec(spec) : spec);
  if (out !== undefined) compiler.writeFiles(out, compiler.artifactFiles(compiled));
  return compiled;
}
