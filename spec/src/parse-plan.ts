import { DiagnosticError } from "./diagnostic-error.ts";
import { parseJson } from "./json-source.ts";
import type { Plan } from "./generated/plan.ts";
import { validate } from "./schema-validation.ts";

/** Reads a `plan.json`. Throws DiagnosticError, which lists every problem. */
export function parsePlan(text: string, { file }: { readonly file: string }): Plan {
  const source = parseJson(text, file);
  const diagnostics = validate("plan", source.value, source, "");
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return source.value as Plan;
}
